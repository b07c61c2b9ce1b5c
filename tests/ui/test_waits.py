"""Beside a button that is grey while a job runs stands what it waits for, on every screen."""

from typing import get_args

import pytest

from obim import Advance, Calibrate, Explore, JobState
from obim.runs.state import JobKind
from tests.ui.fake_studio import FakeStudio, made
from tests.ui.test_views import page
from ui.app import build
from ui.handlers import Desk
from ui.painting.waits import BUTTONS

OFF = {"Dates": {"off": True}}
GREY = {"turns": ("step", "run"), "switch": ("switch_score", "switch_build")}


def running(kind: str, status: str = "running") -> JobState:
    return JobState.model_validate({"kind": kind, "status": status, "fraction": 0.3})


@pytest.mark.parametrize("button", BUTTONS)
def test_a_grey_button_says_what_it_waits_for(studio: FakeStudio, button: str) -> None:
    state = made(studio, Calibrate(), Advance(4))
    grey = state.model_copy(update={"job": running("check")})
    shown = page(studio, grey, switches=OFF)
    assert not any(shown[name]["interactive"] for name in GREY.get(button, (button,)))
    assert shown[f"{button}_waits"]["lines"] == ["Waits until the check of the models is done."]
    said = page(studio, grey, lang="ja")[f"{button}_waits"]["lines"]
    assert said == ["モデルの確認が終わると押せます。"]
    assert page(studio, state)[f"{button}_waits"]["lines"] == []


def test_every_kind_of_job_is_named_but_the_one_that_gives_way(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())

    def said(kind: str, lang: str) -> str:
        busy = state.model_copy(update={"job": running(kind)})
        return " ".join(page(studio, busy, lang=lang)["evaluate_waits"]["lines"])

    kinds = [kind for kind in get_args(JobKind) if kind != "reckon"]
    for lang in ("en", "ja"):
        assert len({said(kind, lang) for kind in kinds}) == len(kinds)
        assert said("reckon", lang) == ""


def test_turns_that_are_all_done_and_donors_that_were_compared_wait_for_nothing(
    studio: FakeStudio,
) -> None:
    state = made(studio, Calibrate(), Explore(), Advance(255))
    assert page(studio, state)["turns_waits"]["lines"] == [
        f"All {state.spec.turns} turns are done; go back to take some again."
    ]
    busy = state.model_copy(update={"job": running("evaluate")})
    assert page(studio, busy)["compare_waits"]["lines"] == []


def test_each_note_is_on_a_screen(desk: Desk) -> None:
    blocks = build(desk.studio, desk.home, desk.roots).blocks.values()
    placed = {block.elem_id for block in blocks}
    assert {f"{name.replace('_', '-')}-waits" for name in BUTTONS} <= placed


def test_the_bar_says_what_a_job_waits_for(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    waiting = state.model_copy(update={"job": running("advance", "waiting")})
    bar = page(studio, waiting)["jobbar"]
    assert (bar["text"], bar["detail"]) == (
        "Merge: waiting",
        "until the worker process has started or ended what it had in hand",
    )
