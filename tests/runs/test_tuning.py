"""Tuning gives every method the same number of tries, on items that nothing else uses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from obim.evaluation.items import EvalSet
from obim.runs import tuning
from obim.runs.bench import Bench
from obim.runs.desk import Desk, StopJob
from obim.runs.drawing import choose_items, choose_tuning_items
from obim.runs.evaluating import run_evaluate
from obim.runs.folder import RunFolder
from obim.runs.jobs import Evaluate, Tune
from obim.runs.tuning import run_tune
from obim.runs.tuning_plan import settings_of, tunable
from obim.runs.variants import exact, variant
from obim.types import Donor, ItemResult, MergeSpec
from tests.tiny import save_donor, save_tiny

METHODS = ("linear", "obim", "ties")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    base = save_tiny(root / "base", layers=1)
    for seed in (1, 2):
        save_donor(root / f"donor{seed}", base, seed=seed)
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": "x", "split": half})
        for half in ("dev", "report")
        for i in range(12)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))
    return root


def make(models: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    donors = tuple(Donor(name=f"d{k}", source=str(models / f"donor{k}")) for k in (1, 2))
    spec = MergeSpec(base=str(models / "base"), donors=donors, estimator="magnitude", rounds=2)
    sets = {"a": EvalSet("a", {"en": "A"}, models / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    return Bench(RunFolder.create(home / "runs", spec))


@pytest.fixture
def bench(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return make(models, tmp_path, monkeypatch)


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "tune", None)


@pytest.mark.parametrize("method", tunable())
def test_tries_of_a_method_are_as_many_as_asked_and_all_different(method: str) -> None:
    tries = settings_of(method, 3, 12, seed=0)
    assert len(set(tries)) == 12
    assert tries[0].scales == (1.0, 1.0, 1.0)
    assert tries[0].density is None
    assert tries == settings_of(method, 3, 12, seed=0)
    assert tries != settings_of(method, 3, 12, seed=1)


def test_an_average_counts_scales_of_the_same_ratio_once() -> None:
    ratios = {tuple(s / sum(t.scales) for s in t.scales) for t in settings_of("linear", 2, 20, 0)}
    assert len({tuple(round(r, 6) for r in pair) for pair in ratios}) == 20
    assert len(settings_of("linear", 1, 8, 0)) == 1


def test_the_best_try_is_kept_and_can_be_evaluated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, set[str]]] = []

    def judge(bench: Bench, skill: str, encoded: list, line: Desk, what: str) -> list[ItemResult]:
        asked.append((str(bench.live.label), {e.item.id for e in encoded}))
        good = len(asked) in (5, 7)  # the second try of obim, the third of linear
        return [ItemResult(e.item.id, float(good)) for e in encoded]

    monkeypatch.setattr(tuning, "judge", judge)
    run_tune(bench, Tune(METHODS, ("a",), 4), desk(bench))
    assert [label.split("@")[0] for label, _ in asked] == list(METHODS) * 4
    assert all(items == {f"dev-{i}" for i in range(0, 12, 2)} for _, items in asked)
    best = {t.method: t for t in bench.reader.state().tuned}
    plans = {m: settings_of(m, 2, 4, 0) for m in METHODS}
    assert best["obim"].best == plans["obim"][1]
    assert best["linear"].best == plans["linear"][2]
    assert best["ties"].best == plans["ties"][0]
    assert {(t.tries, t.score) for t in best.values()} == {(4, 1.0), (4, 0.0)}
    spec = variant(bench.spec, exact("obim:tuned", bench.reader.tuned.best()))
    assert [d.scale for d in spec.donors] == list(plans["obim"][1].scales)
    assert spec.density_of(0) == plans["obim"][1].density
    run_evaluate(bench, Evaluate(("obim:tuned", "ties:tuned"), ("a",)), desk(bench))
    assert {s.model for s in bench.reader.state().scores} == {"obim:tuned", "ties:tuned"}
    again: list[str] = []
    monkeypatch.setattr(tuning, "judge", lambda *_: again.append("asked"))
    run_tune(bench, Tune(METHODS, ("a",), 4), desk(bench))
    assert again == []


def test_items_that_other_scores_are_of_are_never_tuned_on(models: Path) -> None:
    """A small own set lends all its practice items to quick scores, a task all it has to any."""
    chosen = EvalSet("a", {"en": "A"}, models / "items.jsonl")
    tuned = {item.id for item in choose_tuning_items(chosen, 24, 0)}
    scored = {item.id for n in (40, None) for item in choose_items(chosen, n, 0)}
    assert tuned
    assert not tuned & scored
    assert choose_tuning_items(replace(chosen, id="own-1"), 24, 0) == []
    assert choose_tuning_items(replace(chosen, id="lm_eval:any"), 24, 0) == []


def test_stop_keeps_what_was_tried_and_another_run_asks_nothing_twice(
    bench: Bench, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = [0]
    real = tuning.judge

    def judge(*args: object) -> list[ItemResult]:
        count[0] += 1
        return real(*args)

    monkeypatch.setattr(tuning, "judge", judge)
    line = Desk.open(bench.folder, "tune", None, stopping=lambda: count[0] >= 4)
    with pytest.raises(StopJob):
        run_tune(bench, Tune(METHODS, ("a",), 3), line)
    tries = {t.method: t.tries for t in bench.reader.state().tuned}
    assert sum(tries.values()) in (3, 4)
    assert max(tries.values()) - min(tries.values()) <= 1
    before = count[0]
    other = make(models, tmp_path, monkeypatch)
    run_tune(other, Tune(METHODS, ("a",), 3), desk(other))
    assert count[0] - before == 9 - sum(tries.values())
    assert {t.tries for t in other.reader.state().tuned} == {3}
    events = [e for _, e in other.folder.events() if e["event"] == "try"]
    asked = [e for e in events if "pace" in e]
    assert len(asked) == count[0] - before  # what the cache had, says nothing of the pace
    assert other.reader.state().pace == asked[-1]["pace"] > 0


def test_scores_of_a_tuned_method_go_when_a_better_try_is_found(bench: Bench) -> None:
    plan = settings_of("ties", 2, 2, 0)

    def note(i: int, score: float) -> None:
        event = {"event": "try", "method": "ties", "settings": plan[i].model_dump()}
        bench.folder.append(event | {"score": score, "items": items})
        bench.reader.catch_up()

    items = "first"
    note(0, 0.2)
    run_evaluate(bench, Evaluate(("ties:tuned", "ties"), ("a",)), desk(bench))
    note(1, 0.1)
    assert {s.model for s in bench.reader.state().scores} == {"ties:tuned", "ties"}
    note(1, 0.3)
    assert {s.model for s in bench.reader.state().scores} == {"ties"}
    items = "others"  # what was tried on other items is no rival
    note(0, 0.1)
    (told,) = bench.reader.state().tuned
    assert (told.tries, told.score, told.best) == (1, 0.1, plan[0])
