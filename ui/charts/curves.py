"""Evaluation score per skill against the turn, as lines."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import DONORS, SYMBOLS, intervals, literal, plain, require


def curves_figure(
    frame: pd.DataFrame,
    *,
    title: str = "",
    x_title: str = "Turn",
    y_title: str = "Correct",
) -> go.Figure:
    """Draw one line a skill with its intervals.

    Args:
        frame: columns turn, skill, score, low, high (0..1), and optionally base (0..1), which
            becomes a dashed line; skills in order of appearance.
        title: heading of the chart.
        x_title: name of the axis of turns.
        y_title: name of the axis of scores.
    """
    require(frame, "turn", "skill", "score", "low", "high")
    figure = go.Figure()
    for slot, skill in enumerate(frame["skill"].drop_duplicates()):
        part = frame[frame["skill"] == skill].sort_values("turn")
        colour = DONORS[slot % 8]
        figure.add_scatter(
            x=part["turn"].tolist(),
            y=part["score"].tolist(),
            name=literal(skill),
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"symbol": SYMBOLS[slot % 8], "size": 9},
            error_y=intervals(part, 0),
        )
        if "base" in part and part["base"].notna().any():
            level = float(part["base"].dropna().iloc[0])
            figure.add_hline(y=level, line={"color": colour, "dash": "dash", "width": 1.2})
    plain(figure, title=title, x_title=x_title, y_title=y_title)
    return figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
