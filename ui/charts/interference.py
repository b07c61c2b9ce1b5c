"""How much two donors want the same weights, against chance, as a heatmap donor by donor."""

import pandas as pd
import plotly.graph_objects as go

from ui.charts.palette import TWO_HUES, literal, plain, require


def interference_figure(
    frame: pd.DataFrame, *, reach: float, title: str = "", bar_title: str = ""
) -> go.Figure:
    """Colour each pair by what it exceeds chance by; a donor and itself stay empty.

    Args:
        frame: columns first, second, beyond (overlap minus chance, in points), text (what stands
            in the cell), one row a pair; donors in order of appearance.
        reach: points at either end of the colours, whose middle is chance.
        title: heading of the chart.
        bar_title: what the colour means.
    """
    require(frame, "first", "second", "beyond", "text")
    names = list(dict.fromkeys([*frame["first"], *frame["second"]]))
    found = {
        pair: (float(row["beyond"]), str(row["text"]))
        for row in frame.to_dict("records")
        for pair in ((row["first"], row["second"]), (row["second"], row["first"]))
    }
    labels = [literal(name) for name in names]
    heat = go.Heatmap(
        z=[[found[a, b][0] if (a, b) in found else None for b in names] for a in names],
        text=[[found[a, b][1] if (a, b) in found else "" for b in names] for a in names],
        texttemplate="%{text}", x=labels, y=labels, colorscale=TWO_HUES, xgap=2, ygap=2,
        hoverongaps=False, zmin=-reach, zmax=reach,
        colorbar={"title": {"text": bar_title}, "tickformat": "+.1f"},
        hovertemplate="%{y} · %{x}: %{z:+.1f}<extra></extra>",
    )  # fmt: skip
    figure = plain(go.Figure(heat), title=title, x_title="", y_title="")
    figure.update_xaxes(type="category", showgrid=False, automargin=True)
    return figure.update_yaxes(
        type="category", autorange="reversed", showgrid=False, automargin=True
    )
