"""How much two donors want the same weights, as a heatmap donor by donor."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import literal, plain, require


def interference_figure(frame: pd.DataFrame, *, title: str = "", bar_title: str = "") -> go.Figure:
    """Colour each pair by the share of weights that both want; a donor and itself stay empty.

    Args:
        frame: columns first, second, share (0..1), one row a pair; donors in order of appearance.
        title: heading of the chart.
        bar_title: what the colour means.
    """
    require(frame, "first", "second", "share")
    names = list(dict.fromkeys([*frame["first"], *frame["second"]]))
    shares = {
        pair: float(row["share"])
        for row in frame.to_dict("records")
        for pair in ((row["first"], row["second"]), (row["second"], row["first"]))
    }
    labels = [literal(name) for name in names]
    heat = go.Heatmap(
        z=[[shares.get((a, b)) for b in names] for a in names],
        x=labels, y=labels, colorscale="Cividis", xgap=2, ygap=2, hoverongaps=False,
        zmin=0, zmax=max(shares.values(), default=1.0),
        colorbar={"title": {"text": bar_title}, "tickformat": ".0%"},
        hovertemplate="%{y} · %{x}: %{z:.1%}<extra></extra>",
    )  # fmt: skip
    figure = plain(go.Figure(heat), title=title, x_title="", y_title="")
    figure.update_xaxes(type="category", showgrid=False, automargin=True)
    return figure.update_yaxes(
        type="category", autorange="reversed", showgrid=False, automargin=True
    )
