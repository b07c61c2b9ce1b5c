"""Who owns each layer, as stacked bars."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import BASE, DONORS, HATCHES, literal, plain, require


def occupancy_figure(
    frame: pd.DataFrame,
    *,
    base: str,
    title: str = "",
    x_title: str = "Layer",
    y_title: str = "Share of positions",
) -> go.Figure:
    """Stack the owners' shares of every layer, the base at the bottom.

    Args:
        frame: columns layer, owner, share (0..1); layers and owners in order of appearance.
        base: the owner that is drawn grey and first.
        title: heading of the chart.
        x_title: name of the axis of layers.
        y_title: name of the axis of shares.
    """
    require(frame, "layer", "owner", "share")
    table = frame.pivot(index="layer", columns="owner", values="share").fillna(0.0)
    layers = list(frame["layer"].drop_duplicates())
    table = table.reindex(layers)
    names = [name for name in frame["owner"].drop_duplicates() if name != base]
    figure = go.Figure()
    x = [str(layer) for layer in layers]
    if base in table:
        figure.add_bar(x=x, y=table[base].tolist(), name=literal(base), marker={"color": BASE})
    for slot, name in enumerate(names):
        pattern = {"shape": HATCHES[slot % 8], "fgcolor": "#ffffff", "fgopacity": 0.5, "size": 6}
        pattern["fillmode"] = "overlay"  # else the donor's colour is not painted at all
        marker = {"color": DONORS[slot % 8], "pattern": pattern}
        figure.add_bar(x=x, y=table[name].tolist(), name=literal(name), marker=marker)
    figure.update_layout(barmode="stack", bargap=0.12)
    plain(figure, title=title, x_title=x_title, y_title=y_title)
    figure.update_xaxes(type="category")
    return figure.update_yaxes(range=[0, 1], tickformat=".0%")
