"""How long a job takes still: by its pace, which getting ready isn't; trials have their share."""

from typing import Any

import pytest

from obim.runs import desk as desks
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.jobs import Advance, Evaluate
from tests.runs.test_budget import Clock, clock
from tests.runs.test_scoring import bench, desk, models

__all__ = ["bench", "clock", "models"]


def test_the_time_of_getting_ready_is_no_pace(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(desks.time, "monotonic", lambda: now[0])
    told: list[Any] = []
    monkeypatch.setattr(type(bench.folder), "write_progress", lambda _, **said: told.append(said))
    job = Desk.open(bench.folder, "evaluate", None)
    job.tick(0.0, "load")
    now[0] += 600  # a large model is read
    for fraction in (0.05, 0.10, 0.15):
        job.tick(fraction, "evaluate", "base · a")
        now[0] += 10
    job.write("running")
    assert told[-1]["seconds_left"] == pytest.approx(30 * 0.85 / 0.10)
    job.write("done")
    assert told[-1]["seconds_left"] is None


def test_trials_move_the_bar_and_name_the_model(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, float]] = []
    tick = Desk.tick

    def told(self: Desk, fraction: float, phase: str = "", detail: str = "") -> None:
        tick(self, fraction, phase, detail)
        seen.append((self.phase, self.detail, self.fraction))

    monkeypatch.setattr(Desk, "tick", told)
    run_evaluate(bench, Evaluate(("base", "full"), ("a",), seconds=5.9), desk(bench))
    trials = [(detail, share) for phase, detail, share in seen if phase == "evaluate_timing"]
    assert {detail for detail, _ in trials} == {"base · a"}
    assert trials[0][1] > 0
    shares = [share for *_, share in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_a_merge_that_is_timed_has_its_name(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_advance(bench, Advance(1, "turn"), desk(bench))
    named: list[str] = []
    drain = Desk.drain

    def told(self: Desk, generator: Any, phase: str, detail: str = "") -> Any:
        named.append(f"{phase} {detail}")
        return drain(self, generator, phase, detail)

    monkeypatch.setattr(Desk, "drain", told)
    run_evaluate(bench, Evaluate(("merged",), ("a",), seconds=5.9), desk(bench))
    assert named[0] == "evaluate_timing merged · a"
