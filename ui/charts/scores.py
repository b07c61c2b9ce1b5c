"""Scores of several models per skill, as grouped bars."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import BASE, DONORS, intervals, plain, require


def scores_figure(
    frame: pd.DataFrame,
    *,
    base: str | None = None,
    title: str = "",
    x_title: str = "Skill",
    y_title: str = "Correct",
) -> go.Figure:
    """Group the models' scores by skill, with intervals.

    Args:
        frame: columns skill, model, score, low, high (0..1); both in order of appearance.
        base: the model that is drawn grey.
        title: heading of the chart.
        x_title: name of the axis of skills.
        y_title: name of the axis of scores.
    """
    require(frame, "skill", "model", "score", "low", "high")
    figure = go.Figure()
    slot = 0
    for model in frame["model"].drop_duplicates():
        part = frame[frame["model"] == model]
        colour = BASE if model == base else DONORS[slot % 8]
        slot += model != base
        figure.add_bar(
            x=[str(skill) for skill in part["skill"]],
            y=part["score"].tolist(),
            name=str(model),
            marker={"color": colour},
            error_y=intervals(part, 3),
        )
    figure.update_layout(barmode="group", bargap=0.2)
    plain(figure, title=title, x_title=x_title, y_title=y_title)
    figure.update_xaxes(type="category")
    return figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
