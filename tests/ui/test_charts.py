"""The charts draw the numbers that they are given."""

import pandas as pd
import pytest

from ui.charts import curves_figure, occupancy_figure, occupancy_height, saliency_figure


def test_occupancy_stacks_to_one_with_the_base_first() -> None:
    shares = {"Base": [0.5, 0.7], "a": [0.3, 0.1], "b": [0.2, 0.2]}
    frame = pd.DataFrame(
        [(i, n, s[i]) for i in (0, 1) for n, s in shares.items()],
        columns=["layer", "owner", "share"],
    )
    figure = occupancy_figure(frame, base="Base")
    assert [bar.name for bar in figure.data] == ["Base", "a", "b"]
    assert [sum(bar.x[i] for bar in figure.data) for i in (0, 1)] == pytest.approx([1.0, 1.0])
    assert figure.layout.barmode == "stack"
    assert len({bar.marker.color for bar in figure.data}) == 3


def test_occupancy_keeps_the_order_of_layers_and_fills_gaps_with_zero() -> None:
    frame = pd.DataFrame(
        {"layer": ["10", "2"], "owner": ["a", "Base"], "share": [1.0, 1.0]},
    )
    figure = occupancy_figure(frame, base="Base")
    assert list(figure.data[0].y) == ["10", "2"]
    assert list(figure.data[0].x) == [0.0, 1.0]


@pytest.mark.parametrize("layers", [3, 32, 130])
def test_every_layer_of_the_occupancy_has_its_name_in_full_where_there_is_room(layers: int) -> None:
    """Names lie beside their bars, not turned, in a margin that is as wide as they are."""
    names = ["Embedding", *map(str, range(layers - 2)), "Last norm"]
    frame = pd.DataFrame({"layer": names, "owner": "Base", "share": 1.0})
    figure, height = occupancy_figure(frame, base="Base"), occupancy_height(layers)
    assert {bar.orientation for bar in figure.data} == {"h"}
    axis = figure.layout.yaxis
    assert (axis.automargin, axis.tickangle, axis.autorange) == (True, 0, "reversed")
    assert axis.dtick == (1 if layers < 100 else None)
    assert height <= 700  # a page of A4
    assert axis.dtick is None or (height - 100) / layers >= 15  # pixels a name


def test_saliency_leaves_missing_tensors_empty() -> None:
    frame = pd.DataFrame(
        {"layer": [0, 0, 1], "module": ["q_proj", "k_proj", "q_proj"], "share": [0.2, 0.3, 0.5]}
    )
    heat = saliency_figure(frame).data[0]
    assert list(heat.x) == ["q_proj", "k_proj"]
    assert heat.z[0] == [0.2, 0.3]
    assert heat.z[1][0] == 0.5
    assert pd.isna(heat.z[1][1])


def test_curves_draw_one_line_a_skill_with_intervals_and_the_base() -> None:
    frame = pd.DataFrame(
        {
            "turn": [4, 0, 0],
            "skill": ["dates", "dates", "orders"],
            "score": [0.5, 0.1, 0.2],
            "low": [0.4, 0.0, 0.1],
            "high": [0.65, 0.2, 0.3],
            "base": [0.1, 0.1, None],
        }
    )
    figure = curves_figure(frame)
    assert [line.name for line in figure.data] == ["dates", "orders"]
    assert list(figure.data[0].x) == [0, 4]
    assert list(figure.data[0].error_y.array) == pytest.approx([0.1, 0.15])
    assert list(figure.data[0].error_y.arrayminus) == pytest.approx([0.1, 0.1])
    assert [shape.y0 for shape in figure.layout.shapes] == [0.1]


@pytest.mark.parametrize("draw", [saliency_figure, curves_figure])
def test_a_missing_column_is_named(draw: object) -> None:
    with pytest.raises(ValueError, match="needs the columns"):
        draw(pd.DataFrame({"layer": [0]}))  # type: ignore[operator]
