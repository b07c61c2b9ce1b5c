"""Other settings and orders in a run: previewed, reckoned, scored, kept by forks; they give way."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obim.errors import EvaluationError, RunError
from obim.evaluation.items import EvalSet
from obim.merging.engine import Merge
from obim.runs import memory, supposing
from obim.runs.bench import Bench
from obim.runs.calibrating import prepare
from obim.runs.desk import Desk, Quiet, StopJob
from obim.runs.dispatching import answer
from obim.runs.evaluating import run_evaluate
from obim.runs.folder import RunFolder
from obim.runs.forking import kept_events
from obim.runs.jobs import Advance, Check, Evaluate
from obim.runs.order_plan import order_count, seconds_of
from obim.runs.ordering import run_score_orders, run_try_orders
from obim.runs.reading import RunReader
from obim.runs.showing import show
from obim.runs.studio import Studio
from obim.runs.supposing import run_reckon
from obim.runs.switches import MERGED
from obim.runs.variants import set_to, variant
from obim.runs.varying import is_variant, plan_of
from obim.runs.what_if_jobs import Reckon, ScoreOrders, TryOrders, WhatIf
from obim.runs.what_ifs import WhatIfs
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    base = save_tiny(root / "base", layers=2)
    for seed in (1, 2, 3):
        save_donor(root / f"donor{seed}", base, seed=seed)
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": "x", "split": half})
        for half in ("dev", "report")
        for i in range(12)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))
    return root


def make_spec(models: Path, **more: Any) -> MergeSpec:
    donors = tuple(
        Donor(name=f"d{k}", source=str(models / f"donor{k}"), density=0.2 * k) for k in (1, 2, 3)
    )
    given = {"estimator": "magnitude", "rounds": 3, "donors": donors} | more
    return MergeSpec(base=str(models / "base"), **given)


@pytest.fixture
def bench(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    sets = {"a": EvalSet("a", {"en": "A"}, models / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    return Bench(RunFolder.create(tmp_path / "runs", make_spec(models)))


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "reckon", None)


def what_ifs(bench: Bench) -> WhatIfs:
    return RunReader(bench.folder).state().what_ifs


def moved(spec: MergeSpec, *order: int, **more: Any) -> MergeSpec:
    return spec.model_copy(update={"donors": tuple(spec.donors[i] for i in order), **more})


@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
def test_preview_of_all_rows_exact_figures_and_the_merge_agree(bench: Bench, scope: str) -> None:
    """Tiny models are sampled whole."""
    spec = moved(bench.spec, 2, 0, 1, scope=scope, rotate=False)
    seen = answer(bench, WhatIf(spec), busy=False)
    run_reckon(bench, Reckon(spec), desk(bench))
    exact = what_ifs(bench).settings[-1]
    assert seen.every == 1
    assert seen.donors == exact.donors
    assert exact.spec == spec
    plan, donors = plan_of(bench, spec)
    merge = Merge(plan.spec, bench.base, donors, [None] * 3)
    list(merge.prepare())
    owned = [0.0] * 3
    for turn in merge.iterate():
        owned[turn.donor] += sum(turn.claimed)
    assert [donor.positions for donor in exact.donors] == owned
    assert [donor.name for donor in exact.donors] == ["d3", "d1", "d2"]


def test_a_sample_is_stated_and_near(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supposing, "ROOM", 3000)
    spec = bench.spec.model_copy(update={"scope": "row"})
    seen = answer(bench, WhatIf(spec), busy=False)
    run_reckon(bench, Reckon(spec), desk(bench))
    exact = what_ifs(bench).settings[-1]
    assert seen.every > 1
    assert 0 < seen.rows < sum(info.shape[0] for info in bench.base.tensors.values())
    for some, every in zip(seen.donors, exact.donors, strict=True):
        assert some.positions == pytest.approx(every.positions, rel=0.03)
        assert some.lost == pytest.approx(every.lost, abs=0.1)


def test_a_sample_is_drawn_once_and_never_during_a_job(bench: Bench) -> None:
    with pytest.raises(RunError, match="ask again"):
        answer(bench, WhatIf(bench.spec), busy=True)
    answer(bench, WhatIf(bench.spec), busy=False)
    before = supposing._DRAWN[bench.plan].samples["tensor"]
    seen = answer(bench, WhatIf(bench.spec.model_copy(update={"rounds": 2})), busy=True)
    assert supposing._DRAWN[bench.plan].samples["tensor"] is before
    assert seen.spec.rounds == 2
    bench.forget_plan()
    assert bench.plan not in supposing._DRAWN


@pytest.mark.parametrize(
    "change", [{"dtype": "float32"}, {"estimator": "random"}, {"seed": 1}, {"exclude": ("*norm*",)}]
)
def test_only_some_settings_may_differ(bench: Bench, change: dict[str, Any]) -> None:
    other = bench.spec.model_copy(update=change)
    assert not is_variant(bench.spec, other)
    with pytest.raises(RunError, match="Only order"):
        answer(bench, WhatIf(other), busy=False)
    twice = bench.spec.model_copy(update={"donors": bench.spec.donors[:1] * 3})
    assert not is_variant(bench.spec, twice)
    assert is_variant(bench.spec, moved(bench.spec, 1, 2, 0, rounds=1, scope="row"))


def test_stopped_figures_are_none(bench: Bench) -> None:
    stopped = Desk.open(bench.folder, "reckon", None, stopping=lambda: True)
    with pytest.raises(StopJob):
        run_reckon(bench, Reckon(bench.spec), stopped)
    assert what_ifs(bench).settings == ()


@pytest.mark.parametrize("scope", ["tensor", "global"])
def test_figures_that_would_not_fit_into_memory_are_refused_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """At the least it holds four bytes a key: of the largest tensor, or of all."""
    spec = bench.spec.model_copy(update={"scope": scope})
    sizes = [bench.base.tensors[name].numel for name in bench.plan.names]
    held = 4 * 3 * (sum(sizes) if scope == "global" else max(sizes))
    monkeypatch.setattr(memory, "free_memory", lambda device: held)
    with pytest.raises(RunError, match="GB are free"):
        run_reckon(bench, Reckon(spec), desk(bench))
    with pytest.raises(RunError, match="GB are free"):
        run_try_orders(bench, TryOrders(spec), desk(bench))
    assert what_ifs(bench) == WhatIfs()
    monkeypatch.setattr(memory, "free_memory", lambda device: 60 * sum(sizes))
    run_reckon(bench, Reckon(spec), desk(bench))
    run_try_orders(bench, TryOrders(spec), desk(bench))
    assert what_ifs(bench).settings
    assert what_ifs(bench).orders


def test_other_files_drop_what_was_foreseen(bench: Bench) -> None:
    run_reckon(bench, Reckon(bench.spec), desk(bench))
    bench.folder.append({"event": "files", "files": {"x": "1"}})
    assert what_ifs(bench).settings
    bench.folder.append({"event": "files", "files": {"x": "2"}})
    assert what_ifs(bench).settings == ()


def test_forks_keep_figures_in_any_order_of_the_donors(bench: Bench, tmp_path: Path) -> None:
    run_reckon(bench, Reckon(bench.spec), desk(bench))
    cards = [{"name": n, "problems": []} for n in ("base", "d1", "d2", "d3")]
    bench.folder.append(
        {"event": "check", "cards": cards, "skills": []},
        {"event": "scan", "changed": [1, 2, 3], "warnings": [[], ["w"], []], "problems": [[0]] * 4},
        {"event": "saliency", "donors": ["s1", "s2", "s3"]},
    )
    after = moved(bench.spec, 2, 0, 1, rounds=2)
    kept = {event["event"]: event for event in kept_events(bench.folder, after)}
    assert [card["name"] for card in kept["check"]["cards"]] == ["base", "d3", "d1", "d2"]
    assert kept["scan"]["changed"] == [3, 1, 2]
    assert kept["scan"]["warnings"] == [[], [], ["w"]]
    assert kept["saliency"]["donors"] == ["s3", "s1", "s2"]
    assert kept["what_if"]["found"]["spec"]["rounds"] == 3
    other = bench.spec.model_copy(update={"dtype": "float32"})
    assert "what_if" not in {event["event"] for event in kept_events(bench.folder, other)}
    usual = {event["event"]: event for event in kept_events(bench.folder, bench.spec)}
    assert usual["saliency"]["donors"] == ["s1", "s2", "s3"]


def test_orders_are_journaled_against_the_one_that_is_set(bench: Bench) -> None:
    spec = bench.spec.model_copy(update={"rounds": 1})
    run_try_orders(bench, TryOrders(spec), desk(bench))
    found = what_ifs(bench).orders[-1]
    assert found.everything
    assert found.orders[0].order == ("d1", "d2", "d3")
    assert found.orders[0].differs == 0
    assert len({one.order for one in found.orders}) == order_count(3) == 6
    for order in ((2, 1, 0), (1, 0, 2)):
        own = moved(spec, *order)
        run_reckon(bench, Reckon(own), desk(bench))
        exact = {donor.name: donor for donor in what_ifs(bench).settings[-1].donors}
        told = next(o for o in found.orders if o.order == tuple(d.name for d in own.donors))
        for k, donor in enumerate(spec.donors):
            assert told.owned[k] == exact[donor.name].positions
            assert told.lost[k] == pytest.approx(exact[donor.name].lost)


def test_scores_of_orders_are_those_of_runs_in_that_order(bench: Bench, tmp_path: Path) -> None:
    run_score_orders(bench, ScoreOrders(bench.spec, ("a",)), desk(bench))
    found = what_ifs(bench).scores
    assert len(found) == 6
    assert found[0].spec == bench.spec
    assert [one.change is None for one in found] == [True] + [False] * 5
    assert {one.against for one in found} == {("d1", "d2", "d3")}
    own = moved(bench.spec, 2, 0, 1)
    run_score_orders(bench, ScoreOrders(own, ("a",)), desk(bench))
    again = what_ifs(bench).scores
    assert len(again) == 6
    assert {one.against for one in again} == {("d3", "d1", "d2")}
    assert [one.spec for one in again if one.change is None] == [own]
    assert variant(bench.spec, set_to(own)) == own
    other = Bench(RunFolder.create(tmp_path / "elsewhere" / "runs", own))
    merge = prepare(other, Quiet())
    list(merge.iterate())
    show(bench, set_to(own))
    show(other, MERGED)
    for ours, theirs in zip(
        bench.live.model.parameters(), other.live.model.parameters(), strict=True
    ):
        assert bool((ours == theirs).all())


def test_scores_of_orders_go_on_where_they_were_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obim.runs import ordering

    judged = []
    judge = ordering.judge

    def counting(*given: Any) -> Any:
        judged.append(given[1])
        if len(judged) == 3:
            raise StopJob
        return judge(*given)

    monkeypatch.setattr(ordering, "judge", counting)
    with pytest.raises(StopJob):
        run_score_orders(bench, ScoreOrders(bench.spec, ("a",)), desk(bench))
    assert len(what_ifs(bench).scores) == 2
    run_score_orders(bench, ScoreOrders(bench.spec, ("a",)), desk(bench))
    assert len(what_ifs(bench).scores) == 6
    assert len(judged) == 3 + 4
    assert bench.live.label == "base"


@pytest.mark.parametrize(
    "label",
    ["spec@", "spec@{}", "spec@[", 'spec@{"base": 1}', "ties@{", 'ties@{"scales": [1.0]}'],
)
def test_a_label_that_means_no_merge_is_refused_in_a_sentence(bench: Bench, label: str) -> None:
    with pytest.raises(RunError, match="no model called"):
        run_evaluate(bench, Evaluate((label,), ("a",)), desk(bench))
    with pytest.raises(RunError, match="no model called"):
        variant(bench.spec, label)


def test_a_merge_of_other_models_is_not_scored_in_this_run(bench: Bench, models: Path) -> None:
    other = bench.spec.model_copy(update={"base": str(models / "donor1")})
    for spec in (other, bench.spec.model_copy(update={"dtype": "float32"})):
        with pytest.raises(RunError, match="Only order"):
            run_evaluate(bench, Evaluate((set_to(spec),), ("a",)), desk(bench))
    label = set_to(moved(bench.spec, 1, 0, 2))
    run_evaluate(bench, Evaluate((label,), ("a",)), desk(bench))
    assert [one.model for one in RunReader(bench.folder).state().scores] == [label]


def test_unknown_sets_are_refused(bench: Bench) -> None:
    with pytest.raises(EvaluationError, match="no evaluation set"):
        run_score_orders(bench, ScoreOrders(bench.spec, ("zzz",)), desk(bench))


def test_times_are_told_once_something_was_measured(bench: Bench) -> None:
    state = RunReader(bench.folder).state()
    assert seconds_of(state, "reckon") is None
    assert seconds_of(state, "score_orders") is None
    run_reckon(bench, Reckon(bench.spec), desk(bench))
    state = RunReader(bench.folder).state()
    one, all_orders = seconds_of(state, "reckon"), seconds_of(state, "try_orders")
    assert one is not None
    assert all_orders is not None
    assert 0 < one < all_orders


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("home"))
    yield studio
    studio.close()


def settle(studio: Studio, run: str) -> Any:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        state = studio.state(run)
        if state.job is not None and state.job.status not in ("waiting", "running"):
            return state
        time.sleep(0.05)
    raise AssertionError("no end")


def test_exact_figures_give_way_to_any_job_but_take_no_way(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models))
    studio.submit(run, Check())
    settle(studio, run)
    many = make_spec(models, rounds=80)
    studio.submit(run, TryOrders(many))
    with pytest.raises(RunError, match="Another job"):
        studio.submit(run, Reckon(many))
    settle(studio, run)
    studio.submit(run, Reckon(many))
    studio.submit(run, Advance(1, "off"))
    state = settle(studio, run)
    assert state.job.kind == "advance"
    assert state.job.status == "done"
    assert state.turn == 1
    assert studio.read(run, WhatIf(make_spec(models))).every == 1


def test_a_stop_of_exact_figures_stops_no_other_job(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models))
    studio.submit(run, Check())
    settle(studio, run)
    many = make_spec(models, rounds=80)
    studio.submit(run, TryOrders(many))
    studio.stop(run, "reckon")
    assert settle(studio, run).job.status == "done"
    studio.submit(run, Reckon(many))
    studio.stop(run, "reckon")
    assert settle(studio, run).job.status == "stopped"
