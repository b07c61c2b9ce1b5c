"""Presets are what was measured, and are offered for what was measured only."""

import json

import pytest

from obim.models.demo import demo_assets
from obim.runs.choices import default_spec
from obim.runs.presets import recommended, stock
from obim.types import Donor, MergeSpec


def demo(*names: str) -> MergeSpec:
    donors = tuple(Donor(name=name, source=f"demo:{name}", scale=3.0) for name in names)
    return MergeSpec(base="demo:base", donors=donors, rounds=2, scope="row", seed=7)


def test_the_triple_gets_the_demos_preset_in_any_order() -> None:
    best = {d.name: (d.density, d.scale) for d in default_spec().donors}
    for names in (list(best), list(best)[::-1]):
        found = recommended(demo(*names))
        assert found is not None
        assert [(d.name, (d.density, d.scale)) for d in found.donors] == [
            (name, best[name]) for name in names
        ]
        assert (found.rounds, found.scope, found.seed) == (default_spec().rounds, "tensor", 7)
        assert recommended(found) == found


def test_forgetting_alone_gets_what_its_results_say() -> None:
    path = demo_assets() / "results" / "forgetting.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    found = recommended(demo("forgetting"))
    assert found is not None
    assert [(d.density, d.scale) for d in found.donors] == [(result["density"], result["scale"])]


@pytest.mark.parametrize("names", [["dates"], ["dates", "amounts"], ["forgetting", "mails"]])
def test_of_what_was_not_tried_nothing_is_recommended(names: list[str]) -> None:
    assert recommended(demo(*names)) is None


def test_another_base_is_another_merge() -> None:
    assert recommended(demo("forgetting").model_copy(update={"base": "/models/other"})) is None


def test_stock_is_one_share_each_at_full_size() -> None:
    found = stock(demo("dates", "orders"))
    assert [found.density_of(k) for k in (0, 1)] == [0.5, 0.5]
    assert [d.scale for d in found.donors] == [1.0, 1.0]
    assert (found.rounds, found.scope, found.seed) == (10, "tensor", 7)


def test_stock_of_many_donors_has_no_turn_too_many() -> None:
    found = stock(demo(*(f"d{k}" for k in range(60))))
    assert MergeSpec.model_validate(found.model_dump()).turns <= 255
