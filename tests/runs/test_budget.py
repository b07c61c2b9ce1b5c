"""A quick evaluation in the seconds chosen: measured once, the same items ever after."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from obim import registry
from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded
from obim.evaluation.rules import Gates, Rule
from obim.runs import budget
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.budget import QUICK_ITEMS
from obim.runs.evaluating import run_evaluate
from obim.runs.forking import kept_events
from obim.runs.jobs import Advance, Evaluate
from obim.runs.state import SkillState
from obim.types import ItemResult
from tests.runs.test_scoring import ITEMS, bench, desk, models

__all__ = ["bench", "models"]
PRACTICE = ITEMS // 2


class Clock:
    """Time that passes only while items are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now, self.seconds, self.read = 0.0, seconds, 0
        self.is_right: Callable[[], bool] = lambda: True
        monkeypatch.setattr(budget.time, "perf_counter", lambda: self.now)

        def slow(
            model: Any, encoded: Sequence[Encoded], tokenizer: Any
        ) -> Generator[float, None, list[ItemResult]]:
            self.now += self.seconds * len(encoded)
            self.read += len(encoded)
            yield 1.0
            return [ItemResult(e.item.id, float(self.is_right())) for e in encoded]

        registry.names("evaluator")  # all that there are, before there is one more
        entry = registry.Entry("slow", slow, {"unit": "share", "higher_is_better": True})
        monkeypatch.setitem(registry._entries["evaluator"], "slow", entry)


@pytest.fixture
def clock(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Clock:
    from dataclasses import replace

    sets = {name: replace(s, evaluator="slow") for name, s in bench.sets().items()}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    monkeypatch.setattr(Bench, "skill_ids", lambda self: list(sets))
    return Clock(monkeypatch, 0.5)


def write_skills(bench: Bench) -> None:
    skill = SkillState(id="a", title={"en": "A"}, donor="full", items=ITEMS).model_dump()
    bench.folder.append({"event": "check", "cards": [], "mergeable": True, "skills": [skill]})
    bench.reader.catch_up()


@pytest.mark.parametrize(("seconds", "n"), [(5.9, 11), (5.4, 10), (0.01, 10), (1000.0, PRACTICE)])
def test_as_many_items_as_fit_but_ten_at_least(
    bench: Bench, clock: Clock, seconds: float, n: int
) -> None:
    run_evaluate(bench, Evaluate(("base",), ("a",), seconds=seconds), desk(bench))
    state = bench.reader.state()
    (score,), (found,) = state.scores, state.budgets
    assert (score.n, score.quick) == (n, True)
    assert (found.items, found.takes) == ({"a": n}, {"a": pytest.approx(0.5 * n)})


def test_seconds_are_shared_by_the_skills_of_the_run(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bench, "skill_ids", lambda self: ["a", "b"])
    run_evaluate(bench, Evaluate(("base",), ("a",), seconds=11.0), desk(bench))
    assert bench.reader.state().scores[0].n == 11


def test_later_models_and_turns_have_the_same_items_however_slow_it_is_then(
    bench: Bench, clock: Clock
) -> None:
    run_evaluate(bench, Evaluate(("base",), ("a",), seconds=5.9), desk(bench))
    clock.seconds = 100.0
    again = Bench(bench.folder)  # the worker was started anew
    run_evaluate(again, Evaluate(("full",), ("a",), seconds=5.9), desk(again))
    run_advance(again, Advance(2, "turn", seconds=5.9), desk(again))
    events = [e for _, e in bench.folder.events() if e["event"] == "score"]
    assert [e["score"]["model"] for e in events] == ["base", "full", "merged", "merged"]
    assert {tuple(e["items"]) for e in events} == {tuple(events[0]["items"])}
    assert len(events[0]["items"]) == 11
    assert sum(e["event"] == "budget" for _, e in bench.folder.events()) == 1


def test_a_run_that_begins_with_turns_measures_then(bench: Bench, clock: Clock) -> None:
    run_advance(bench, Advance(1, "off", seconds=5.9), desk(bench))
    assert clock.read == 0
    run_advance(bench, Advance(1, "turn", seconds=5.9), desk(bench))
    assert [s.n for s in bench.reader.state().scores] == [11]


def test_rules_are_judged_on_the_items_of_the_runs_quick_evaluation(
    bench: Bench, clock: Clock
) -> None:
    """Base, donor and every turn have the same 11 items, and so has each figure of a rule."""
    write_skills(bench)
    gates = Gates(rules=(Rule(kind="fall", limit=5), Rule(kind="keep", limit=50)))
    run_advance(bench, Advance(1, "turn", gates, 5.9), desk(bench))
    clock.seconds = 100.0
    again = Bench(bench.folder)
    run_advance(again, Advance(1, "turn", gates, 5.9), desk(again))
    events = [e for _, e in bench.folder.events() if e["event"] == "score"]
    assert [e["score"]["model"] for e in events] == ["base", "full", "merged", "merged"]
    assert {tuple(e["items"]) for e in events} == {tuple(events[0]["items"])}
    gated = again.reader.state().gates
    assert [gate.turn for gate in gated] == [1, 2]
    assert {f.n for gate in gated for v in gate.verdicts for f in v.figures} == {11}


def test_without_seconds_rules_and_turns_have_the_usual_items(bench: Bench, clock: Clock) -> None:
    write_skills(bench)
    gates = Gates(rules=(Rule(kind="fall", limit=5),))
    run_advance(bench, Advance(1, "turn", gates), desk(bench))
    state = bench.reader.state()
    assert {score.n for score in state.scores} == {min(QUICK_ITEMS, PRACTICE)}
    assert state.budgets == ()


def test_what_red_lost_is_of_these_items(bench: Bench, clock: Clock) -> None:
    write_skills(bench)
    clock.is_right = lambda: not isinstance(bench.live.label, tuple)  # the merge is wrong
    gates = Gates(rules=(Rule(kind="fall", limit=5),), on_red="go_on")
    run_advance(bench, Advance(1, "turn", gates, 5.9), desk(bench))
    (gate,) = bench.reader.state().gates
    assert (gate.light, gate.compared[0].n, gate.compared[0].lost) == ("red", 11, 11)


def test_a_turn_is_judged_anew_on_other_items_and_a_red_one_collects_them_anew(
    bench: Bench, clock: Clock
) -> None:
    write_skills(bench)
    clock.is_right = lambda: not isinstance(bench.live.label, tuple)
    gates = Gates(rules=(Rule(kind="fall", limit=5),))
    run_advance(bench, Advance(1, "turn", gates), desk(bench))
    for seconds, n in ((5.9, 11), (None, PRACTICE)):
        run_advance(bench, Advance(0, "off", gates, seconds), desk(bench))
        (gate,) = bench.reader.state().gates
        assert [f.n for v in gate.verdicts for f in v.figures] == [n]
        assert [(c.n, c.lost) for c in gate.compared] == [(n, n)]
    before = clock.read
    run_advance(bench, Advance(0, "off", gates), desk(bench))
    assert clock.read == before


def test_a_fork_that_keeps_the_scores_keeps_the_items(bench: Bench, clock: Clock) -> None:
    run_evaluate(bench, Evaluate(("base",), ("a",), seconds=5.9), desk(bench))
    spec = bench.spec.model_copy(update={"rounds": 3})
    kinds = [event["event"] for event in kept_events(bench.folder, spec)]
    assert kinds.count("budget") == kinds.count("score") == 1
    other = bench.spec.model_copy(update={"seed": 9})
    assert "budget" not in [event["event"] for event in kept_events(bench.folder, other)]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_seconds_have_to_be_positive(bench: Bench, seconds: float) -> None:
    with pytest.raises(EvaluationError, match="more than 0"):
        run_evaluate(bench, Evaluate(("base",), ("a",), seconds=seconds), desk(bench))
    with pytest.raises(EvaluationError, match="more than 0"):
        run_advance(bench, Advance(1, "turn", seconds=seconds), desk(bench))


def test_items_and_seconds_exclude_each_other(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="not both"):
        run_evaluate(bench, Evaluate(("base",), ("a",), 5, 5.0), desk(bench))
