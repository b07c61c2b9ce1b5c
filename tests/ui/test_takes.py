"""One estimate of how long an evaluation takes: of what is ticked, at the pace measured."""

from typing import Any

import pytest

from obim import Advance, BudgetState, Calibrate, Evaluate, JobState, RunState
from obim.runs.effort import MERGE, SHOW
from tests.ui.fake_studio import HOSTILE, FakeStudio, made
from tests.ui.test_views import page

PACE = 0.001
TOKENS = 52
OFF = {"Dates": False, "Orders": False, HOSTILE: False}


@pytest.fixture
def state(studio: FakeStudio) -> RunState:
    """Base and merge are scored on 40 items of three skills, 52 tokens each."""
    found = made(studio, Calibrate(), Advance(4, "off"), Evaluate(("base", "merged"), ("a",), 40))
    return found.model_copy(update={"pace": PACE})


def last(studio: FakeStudio, state: RunState, **session: Any) -> str:
    return str(page(studio, state, **session)["evaluate_note"]["lines"][-1])


def test_only_what_is_ticked_and_not_scored_takes_time(studio: FakeStudio, state: RunState) -> None:
    reading = 3 * 40 * TOKENS
    one = PACE * (MERGE + reading)
    assert last(studio, state, ticks=OFF) == f"3 models: about {one:.0f} s."
    donors = PACE * (MERGE + 3 * SHOW + 4 * reading)
    assert last(studio, state) == f"6 models: about {donors:.0f} s."
    assert last(studio, state, lang="ja") == f"6 モデル: 約 {donors:.0f} 秒です。"
    ticks = OFF | {"linear": False}
    assert last(studio, state, ticks=ticks) == "2 models: scored already."
    assert last(studio, state, ticks=ticks | {"base": False}) == "1 model: scored already."
    assert page(studio, state, ticks=ticks | {"base": False, "merged": False})["evaluate_note"][
        "lines"
    ] == []  # fmt: skip


def test_seconds_that_are_too_few_for_ten_items_are_not_promised(
    studio: FakeStudio, state: RunState
) -> None:
    ticks = OFF | {"linear": False, "merged": False}
    slow = state.model_copy(update={"pace": 0.1})
    took = 0.1 * (SHOW + 3 * 10 * TOKENS)
    assert last(studio, slow, ticks=ticks, seconds=10) == f"1 model: about {took / 60:.0f} min."
    skills = [skill.id for skill in slow.skills]
    budget = BudgetState(seconds=10, items=dict.fromkeys(skills, 12))
    measured = slow.model_copy(update={"budgets": (budget,)})
    took = 0.1 * (SHOW + 3 * 12 * TOKENS)
    lines = page(studio, measured, ticks=ticks, seconds=10)["evaluate_note"]["lines"]
    assert lines == [f"1 model: about {took / 60:.0f} min.", "36 practice items a model."]


def test_before_the_first_score_no_time_is_claimed(studio: FakeStudio) -> None:
    said = last(studio, made(studio, Calibrate(), Advance(1, "off")))
    assert said.startswith("6 models: how long that takes is known once")


def test_the_bar_of_an_evaluation_has_a_share_and_a_name_from_the_start(
    studio: FakeStudio,
) -> None:
    state = made(studio, Calibrate())
    what = f"base · {state.skills[0].id}"
    for fraction, said in ((0.0, 0.0), (0.031, 3.1)):
        job = JobState(
            kind="evaluate", status="running", fraction=fraction, phase="evaluate_timing",
            detail=what,
        )  # fmt: skip
        bar = page(studio, state.model_copy(update={"job": job}))["jobbar"]
        assert bar["percent"] == said
        assert bar["detail"] == "timing a few items · Base · Dates"
