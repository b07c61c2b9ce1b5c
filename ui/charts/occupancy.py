"""Who owns each layer, as bars that lie, so that every layer's name can be read."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import BASE, DONORS, HATCHES, literal, plain, require

_ROW, _HEAD, _MOST = 15, 130, 700  # pixels


def occupancy_height(layers: int) -> int:
    """Pixels that `occupancy_figure` needs for so many layers, on a page of A4 at most."""
    return min(_MOST, _HEAD + _ROW * layers)


def occupancy_figure(
    frame: pd.DataFrame,
    *,
    base: str,
    title: str = "",
    x_title: str = "Share of positions",
    y_title: str = "Layer",
) -> go.Figure:
    """Stack the owners' shares of every layer, the base at the left, the first layer on top.

    Args:
        frame: columns layer, owner, share (0..1); layers and owners in order of appearance.
        base: the owner that is drawn grey and first.
        title: heading of the chart.
        x_title: name of the axis of shares.
        y_title: name of the axis of layers.
    """
    require(frame, "layer", "owner", "share")
    layers = list(frame["layer"].drop_duplicates())
    table = frame.pivot(index="layer", columns="owner", values="share").fillna(0.0).reindex(layers)
    names = [name for name in frame["owner"].drop_duplicates() if name != base]
    figure, y = go.Figure(), [str(layer) for layer in layers]
    if base in table:
        figure.add_bar(
            y=y, x=table[base].tolist(), name=literal(base), marker={"color": BASE}, orientation="h"
        )
    for slot, name in enumerate(names):
        pattern = {"shape": HATCHES[slot % 8], "fgcolor": "#ffffff", "fgopacity": 0.5, "size": 6}
        pattern["fillmode"] = "overlay"  # else the donor's colour is not painted at all
        marker = {"color": DONORS[slot % 8], "pattern": pattern}
        shares = table[name].tolist()
        figure.add_bar(y=y, x=shares, name=literal(name), marker=marker, orientation="h")
    figure.update_layout(barmode="stack", bargap=0.12)
    plain(figure, title=title, x_title=x_title, y_title=y_title)
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    every = {"dtick": 1} if _HEAD + _ROW * len(layers) <= _MOST else {}
    return figure.update_yaxes(
        type="category", autorange="reversed", automargin=True, tickfont={"size": 11},
        tickangle=0, title={"standoff": 8}, **every,
    )  # fmt: skip
