"""Single items on the Evaluate screen, the example of forgetting, and the map on Export."""

import math
from typing import Any

import pytest

from obim import Advance, Check, CompareState, Evaluate, Export, FlipState, RunState
from tests.ui.fake_studio import HOSTILE, FakeStudio
from ui import views
from ui.handlers import Desk
from ui.screens.models import bring_back
from ui.session import Session

EVALUATED = (Advance(4), Evaluate(("base", "Dates", "merged"), ("a",), 40))


def flip(number: int, kind: str) -> FlipState:
    donor = "" if kind == "worse" else "Dates"
    return FlipState.model_validate(
        {
            "skill": "orders", "item": str(number), "prompt": f"{kind} {number}", "expected": "x",
            "answers": {"base": "x", "Dates": HOSTILE, "merged": "x"}, "kind": kind, "donor": donor,
        }
    )  # fmt: skip


@pytest.fixture
def state(studio: FakeStudio) -> RunState:
    """Of 40 order items Dates forgot 30, 27 came back; it costs 2.5 points of Dates."""
    run = studio.create(studio.default_spec())
    for job in EVALUATED:
        studio.submit(run, job)
    rivals = ("base", "Dates")
    orders = CompareState(
        skill="orders", lost=1, shown=1, rivals=rivals, n=40, forgotten={"Dates": 30},
        recovered={"Dates": 27}, change={"Dates": (0.7, 0.5, 0.8)},
    )  # fmt: skip
    dates = CompareState(
        skill="dates", lost=0, shown=0, rivals=rivals, n=40, forgotten={"Dates": 0},
        recovered={"Dates": 0}, change={"Dates": (-0.025, -0.105, 0.055)},
    )  # fmt: skip
    flips = [flip(1, "worse"), *(flip(i, "forgotten") for i in range(3))]
    flips += [flip(i, "recovered") for i in range(8)]
    studio.change(run, compared=(orders, dates), flips=tuple(flips))
    return studio.state(run)


def page(studio: FakeStudio, state: RunState, **session: Any) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(**session), studio.models())


def test_the_three_kinds_are_counted(studio: FakeStudio, state: RunState) -> None:
    shown = page(studio, state, kind="forgotten")["kind"]
    assert shown["value"] == "forgotten"
    assert shown["choices"] == [
        ("Got worse in the merge (1)", "worse"),
        ("Forgotten by a donor (30)", "forgotten"),
        ("Came back in the merge (27)", "recovered"),
    ]


@pytest.mark.parametrize(("lang", "words"), [("en", "not measured"), ("ja", "未測定")])
def test_what_was_not_looked_at_is_no_zero(
    studio: FakeStudio, state: RunState, lang: str, words: str
) -> None:
    def counted(**fields: Any) -> list[bool]:
        skill = CompareState.model_validate({"skill": "orders", "lost": 0, "shown": 0} | fields)
        changed = state.model_copy(update={"compared": (skill,), "flips": ()})
        choices = page(studio, changed, lang=lang)["kind"]["choices"]
        assert all((words in name) != ("0" in name) for name, _ in choices)
        return ["0" in name for name, _ in choices]

    assert counted(rivals=()) == [False] * 3
    assert counted(rivals=("base",)) == [True, False, False]
    known = {"forgotten": {"Dates": 0}, "recovered": {"Dates": 0}}
    assert counted(rivals=("base", "Dates"), **known) == [True] * 3


def test_what_was_forgotten_came_back_and_cost_is_said(studio: FakeStudio, state: RunState) -> None:
    lines = page(studio, state, kind="forgotten")["items_note"]["lines"]
    assert lines == [
        "Orders: of 40 items, Dates forgot 30 (the base has them right, Dates wrong). The merge "
        "answers 27 of them again. 11 of them are shown.",
        "What it costs: 2.5 points of Dates, the skill of Dates (95 % interval -5.5 to 10.5).",
    ]
    assert (
        "うち 8 問を表示"
        in page(studio, state, kind="recovered", lang="ja")["items_note"]["lines"][0]
    )
    dates = state.compared[1].model_copy(update={"change": {"Dates": (0.05, -0.045, 0.14)}})
    gained = state.model_copy(update={"compared": (state.compared[0], dates)})
    assert page(studio, gained, kind="forgotten")["items_note"]["lines"][-1] == (
        "It costs nothing of Dates, the skill of Dates: the merge scores 5.0 points more (95 % "
        "interval -4.5 to 14.0)."
    )


def test_each_kind_lists_its_items_and_marks_them(studio: FakeStudio, state: RunState) -> None:
    def listed(kind: str) -> list[tuple[str, str, bool]]:
        items = page(studio, state, kind=kind)["items"]["items"]
        return [(item["prompt"], item["mark"], item["good"]) for item in items]

    gone = [(f"forgotten {i}", "still forgotten", False) for i in range(3)]
    back = [(f"recovered {i}", "came back", True) for i in range(8)]
    assert listed("worse") == [("worse 1", "", False)]
    assert listed("recovered") == back
    assert listed("forgotten") == gone + back


def test_answers_are_right_as_they_were_scored(studio: FakeStudio, state: RunState) -> None:
    scored = {"base": True, "Dates": True, "merged": False}
    close = flip(1, "forgotten").model_copy(update={"right": scored, "near_tie": True})
    shown = page(studio, state.model_copy(update={"flips": (close,)}), kind="forgotten")
    (item,) = shown["items"]["items"]
    assert [answer["ok"] for answer in item["answers"]] == [True, True, False]
    assert item["mark"].startswith("still forgotten; a near-tie")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_empty_list_says_why(studio: FakeStudio, state: RunState, lang: str) -> None:
    def said(kind: str, **fields: Any) -> str:
        changed = state.model_copy(update={"flips": (), **fields})
        return str(page(studio, changed, kind=kind, lang=lang)["items"]["message"])

    unasked = (CompareState(skill="orders", lost=0, shown=0, rivals=("base",)),)
    found = [
        said("worse"), said("forgotten"), said("recovered"), said("forgotten", compared=unasked),
    ]  # fmt: skip
    assert len(set(found)) == 4
    assert said("forgotten", compared=()) == found[3]


def test_the_example_is_shown_and_lists_what_was_forgotten(desk: Desk, session: Session) -> None:
    before = session.run_id
    bring_back(desk, session)
    spec = desk.state(session).spec
    assert (spec.base, [d.source for d in spec.donors]) == ("demo:base", ["demo:forgetting"])
    assert session.run_id != before
    assert session.kind == "forgotten"
    assert isinstance(desk.studio.asked[-1], Check)  # type: ignore[attr-defined]
    run, session.kind = session.run_id, "worse"
    bring_back(desk, session)
    assert (session.run_id, session.kind) == (run, "forgotten")
    session.show(before)
    assert session.kind == "worse"


def test_the_size_of_the_map_is_said_before(studio: FakeStudio, state: RunState) -> None:
    owned = [sum(sum(t.claimed) for t in state.turns if t.donor == k) for k in range(3)]
    total = sum(state.group_sizes)
    shares = [(total - sum(owned)) / total, *(n / total for n in owned)]
    entropy = -sum(p * math.log(p, 256) for p in shares if p)  # bytes a position
    assert total * entropy < state.owner_map_bytes < 2 * total * entropy
    info = page(studio, state)["owner_map"]["info"]
    assert info == f"Lets you take one donor out later; up to about {state.owner_map_bytes} B."
    fresh = studio.state(studio.create(studio.default_spec()))
    assert "about" not in page(studio, fresh)["owner_map"]["info"]
    assert Export("m", "bfloat16").owner_map
