"""Saliency of layers x modules, as a heatmap."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import plain, require


def saliency_figure(
    frame: pd.DataFrame,
    *,
    title: str = "",
    x_title: str = "Module",
    y_title: str = "Layer",
    bar_title: str = "",
) -> go.Figure:
    """Colour each tensor by its share of saliency; a tensor that doesn't exist stays empty.

    Args:
        frame: columns layer, module, share (0..1); both in order of appearance.
        title: heading of the chart.
        x_title: name of the axis of modules.
        y_title: name of the axis of layers.
        bar_title: what the colour means.
    """
    require(frame, "layer", "module", "share")
    layers = list(frame["layer"].drop_duplicates())
    modules = list(frame["module"].drop_duplicates())
    table = frame.pivot(index="layer", columns="module", values="share").reindex(
        index=layers, columns=modules
    )
    heat = go.Heatmap(
        z=table.to_numpy(dtype="float64").tolist(),
        x=[str(name) for name in modules],
        y=[str(name) for name in layers],
        colorscale="Cividis",
        colorbar={"title": {"text": bar_title}, "tickformat": ".1%"},
        hovertemplate="%{y} · %{x}: %{z:.2%}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    figure = plain(go.Figure(heat), title=title, x_title=x_title, y_title=y_title)
    figure.update_xaxes(type="category", showgrid=False)
    return figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
