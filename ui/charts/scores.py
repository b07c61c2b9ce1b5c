"""Scores as dots with intervals: a panel a skill, a row a model."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ui.charts.palette import literal, plain, require

MERGE = "#1d4fd7"
_ROW, _HEAD = 20, 58  # pixels


def scores_height(frame: pd.DataFrame) -> int:
    """Pixels that `scores_figure` needs."""
    panels = frame.groupby("skill", sort=False).size()
    return int(sum(_HEAD + _ROW * n for n in panels)) + 30


def scores_figure(frame: pd.DataFrame, *, title: str = "") -> go.Figure:
    """Draw a dot and its interval for each model, the first model at the top.

    Args:
        frame: columns skill, model, score, low, high (of a share 0..1), share (whether it is one),
            colour; skills and models in order of appearance.
        title: heading of the chart.
    """
    require(frame, "skill", "model", "score", "low", "high", "share", "colour")
    skills = list(frame["skill"].drop_duplicates())
    heights = [int((frame["skill"] == skill).sum()) + 0.5 for skill in skills]
    figure = make_subplots(
        rows=len(skills), cols=1, row_heights=heights, subplot_titles=[literal(s) for s in skills],
        vertical_spacing=min(0.9 / max(len(skills), 1), _HEAD * 0.85 / scores_height(frame)),
    )  # fmt: skip
    for row, skill in enumerate(skills, 1):
        part = frame[frame["skill"] == skill]
        figure.add_scatter(
            x=part["score"].tolist(), y=[literal(name) for name in part["model"]], row=row, col=1,
            mode="markers", showlegend=False, marker={"color": part["colour"].tolist(), "size": 9},
            hovertemplate="%{y}: %{x}<extra></extra>",
            error_x={
                "type": "data", "array": (part["high"] - part["score"]).tolist(),
                "arrayminus": (part["score"] - part["low"]).tolist(),
                "thickness": 2, "width": 0, "color": "#56647a",
            },
        )  # fmt: skip
        if part["share"].all():
            figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%", row=row, col=1)
    plain(figure, title=title, x_title="", y_title="")
    figure.update_yaxes(autorange="reversed", automargin=True, gridcolor="#dbe2ec", zeroline=False)
    figure.update_xaxes(gridcolor="#dbe2ec", zeroline=False)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    return figure.update_layout(height=scores_height(frame), margin={"t": 40, "b": 30, "l": 20})
