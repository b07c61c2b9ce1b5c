"""The Explore job: first layers first, resumed after a kill, dropped with what it rests on."""

import os
from pathlib import Path

import pytest

from obim.errors import RunError
from obim.runs.bench import Bench
from obim.runs.calibrating import summarise
from obim.runs.desk import Desk, StopJob
from obim.runs.dispatching import do_job
from obim.runs.explored import InterferenceState
from obim.runs.exploring import in_layers, key_of
from obim.runs.folder import RunFolder
from obim.runs.forking import kept_events
from obim.runs.jobs import Explore
from obim.runs.noticing import notice_changes
from obim.types import Donor, MergeSpec
from tests.tiny import save_adapter, save_donor, save_tiny


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    base = save_tiny(tmp_path / "base", layers=3)
    full, lora = save_donor(tmp_path / "full", base), save_adapter(tmp_path / "lora", base)
    donors = (Donor(name="a", source=str(full)), Donor(name="b", source=str(lora)))
    spec = MergeSpec(base=str(base), donors=donors, estimator="magnitude", rounds=2)
    return Bench(RunFolder.create(tmp_path / "runs", spec))


def explore(bench: Bench, stops: int | None = None) -> InterferenceState | None:
    """Run the job; ``stops``: it is stopped after so many looks at Stop."""
    looks = [0]

    def stopping() -> bool:
        looks[0] += 1
        return stops is not None and looks[0] > stops

    do_job(bench, Explore(), Desk.open(bench.folder, "explore", None, stopping), Path("exports"))
    return bench.reader.state().interference


def compared(bench: Bench) -> list[str]:
    events = [event for _, event in bench.folder.events()]
    return [e["sums"]["tensor"] for e in events if e["event"] == "interference"]


def test_layers_come_in_order_and_what_lies_outside_them_last(bench: Bench) -> None:
    found = explore(bench)
    assert found is not None
    assert found.done
    assert [p.layer for p in found.tensors] == sorted(
        (p.layer for p in found.tensors), key=lambda layer: (layer is None, layer or 0)
    )
    assert len(found.tensors) == found.total == len(bench.sizes())
    assert found.comparable
    assert not found.by_tensor
    assert {p.donors for p in found.tensors} == {(0, 1), (0,)}  # no LoRA on norms
    assert {p.tensor for p in found.tensors if len(p.donors) > 1} == set(found.cells)
    names = ["h.10.x.weight", "norm.weight", "h.2.x.weight"]
    assert [place.layer for place in in_layers(names)] == [2, 10, None]


def test_what_was_compared_before_a_stop_is_shown_and_not_compared_again(bench: Bench) -> None:
    with pytest.raises(StopJob):
        explore(bench, stops=6)
    part = bench.reader.state().interference
    assert part is not None
    assert 0 < len(part.tensors) < part.total
    assert not part.done
    again = Bench(RunFolder(bench.folder.path))  # another process
    whole = explore(again)
    assert whole is not None
    assert whole.done
    assert len(compared(again)) == len(set(compared(again))) == whole.total


def test_the_result_does_not_depend_on_a_stop(bench: Bench) -> None:
    with pytest.raises(StopJob):
        explore(bench, stops=4)
    stopped = explore(bench)
    fresh = explore(Bench(RunFolder.create(bench.folder.path.parent, bench.spec)))
    assert stopped is not None
    assert fresh is not None
    assert stopped.tensors == fresh.tensors


def test_models_that_changed_take_it_along(bench: Bench) -> None:
    notice_changes(bench)
    before = explore(bench)
    path = Path(bench.spec.donors[0].source) / "model.safetensors"
    save_donor(path.parent, Path(bench.spec.base), seed=9)
    os.utime(path, (1, 1))
    notice_changes(bench)
    assert bench.reader.state().interference is None
    after = explore(bench)
    assert after is not None
    assert before is not None
    assert after.done
    assert after.tensors != before.tensors


def test_other_saliency_takes_it_along_and_the_same_does_not(bench: Bench) -> None:
    desk = Desk.open(bench.folder, "calibrate", None)
    summarise(bench, desk)
    explore(bench)
    summarise(bench, desk)
    assert bench.reader.state().interference is not None
    _, event = [e for e in bench.folder.events() if e[1]["event"] == "saliency"][-1]
    event["donors"][0]["tensors"][0]["top10"] /= 2
    bench.folder.append(event)
    assert bench.reader.state().interference is None


def test_sums_of_other_conditions_are_not_mixed_in(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    explore(bench)
    monkeypatch.setattr("obim.runs.exploring.key_of", lambda bench: "other")
    with pytest.raises(StopJob):
        explore(bench, stops=6)
    found = bench.reader.state().interference
    assert found is not None
    assert 0 < len(found.tensors) < found.total


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"method": "ties"}, True),
        ({"rounds": 3}, False),
        ({"rotate": False}, False),
        ({"scope": "row"}, False),
        ({"dtype": "float32"}, False),
        ({"estimator": "random"}, False),
        ({"exclude": ("*norm*",)}, False),
    ],
)
def test_a_copy_with_other_settings_keeps_it_only_where_it_holds(
    bench: Bench, change: dict[str, object], kept: bool
) -> None:
    summarise(bench, Desk.open(bench.folder, "calibrate", None))
    explore(bench)
    after = bench.spec.model_copy(update=change)
    copy = RunFolder.create(bench.folder.path.parent, after)
    copy.append(*kept_events(bench.folder, after))
    there = Bench(copy)
    assert (there.reader.state().interference is not None) == kept
    assert (key_of(there) == key_of(bench)) == kept
    if kept:
        explore(there)
        assert len(compared(there)) == len(compared(bench))


def test_one_donor_is_refused(bench: Bench) -> None:
    alone = bench.spec.model_copy(update={"donors": bench.spec.donors[:1]})
    with pytest.raises(RunError, match="two donors"):
        explore(Bench(RunFolder.create(bench.folder.path.parent, alone)))


def test_global_scope_is_compared_within_tensors_and_says_so(bench: Bench) -> None:
    spec = bench.spec.model_copy(update={"scope": "global"})
    found = explore(Bench(RunFolder.create(bench.folder.path.parent, spec)))
    assert found is not None
    assert found.by_tensor
    assert found.tensors == getattr(explore(bench), "tensors", ())
