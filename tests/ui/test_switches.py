"""Donors switched off on the page: what is set, said, asked, scored and built instead."""

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from obim import (
    Advance,
    Back,
    Calibrate,
    Chat,
    Evaluate,
    IntervalState,
    RunState,
    Switch,
    VerdictState,
    is_of_turn,
    label_of,
)  # fmt: skip
from tests.ui.conftest import TOKEN, Act
from tests.ui.fake_studio import HOSTILE, LAYERS, FakeStudio, made
from tests.ui.test_views import page
from ui.handlers import Desk
from ui.painting.frame import SCREENS
from ui.painting.methods import model_label, switched_words
from ui.painting.switches import switches
from ui.session import Session, Sessions

OFF: dict[str, Any] = {"off": True}
DATES = label_of([Switch(donor="Dates")])
SOME: dict[str, Any] = {"off": True, "first": 4, "last": 1, "modules": ["up_proj"]}


@pytest.fixture
def state(studio: FakeStudio) -> RunState:
    return made(studio, Calibrate(), Advance(4))


@pytest.fixture
def kept(desk: Desk, act: Act) -> Callable[[], Session]:
    """The session as a server that starts anew reads it."""
    return lambda: Sessions(desk.home / "sessions").get(TOKEN)


def said(shown: dict[str, dict[str, Any]], name: str) -> str:
    return " ".join(shown[name]["lines"])


def test_before_the_first_turn_there_is_nothing_to_switch(studio: FakeStudio) -> None:
    shown = page(studio, made(studio, Calibrate()), switches={"Dates": OFF})
    assert not any(shown[f"switch{i}"]["visible"] for i in range(8))
    assert "Once something is merged" in said(shown, "switch_hint")
    assert not shown["switch_row"]["visible"]


def test_it_says_exactly_how_many_positions_go_back(studio: FakeStudio, state: RunState) -> None:
    shown = page(studio, state, switches={"Dates": OFF})
    each = [turn.parts for turn in state.turns if turn.donor == 0]  # turns 1 and 4
    assert len(each) == 2
    assert f"all {sum(map(sum, each))} positions" in said(shown, "switch_note")
    shown = page(studio, state, switches={"Dates": SOME})
    back = sum(
        n
        for parts in each
        for (layer, kind), n in zip(state.parts, parts, strict=True)
        if layer in {1, 2, 3, 4} and kind == "up_proj"
    )
    assert f"{back} of its {sum(map(sum, each))} positions" in said(shown, "switch_note")
    assert f"{100 * back / 6000:.2f}\u00a0%" in said(shown, "switch_note")
    nothing = page(studio, state, switches={"Dates": SOME | {"modules": []}})
    assert said(nothing, "switch_note") == ""
    assert not nothing["switch_row"]["visible"]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "isn't the merge"), ("ja", "マージではありません")]
)
def test_it_says_that_this_is_not_the_merge_without_it(
    studio: FakeStudio, state: RunState, lang: str, words: str
) -> None:
    shown = page(studio, state, lang=lang, switches={"Dates": OFF})
    assert words in said(shown, "switch_warning")
    assert "Dates" in said(shown, "switch_warning")
    assert said(page(studio, state, lang=lang), "switch_warning") == ""


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "nothing of it is switched off"), ("ja", "何も切り離していません")]
)
def test_it_says_where_a_donor_is_unticked_and_nothing_is_off(
    studio: FakeStudio, state: RunState, lang: str, words: str
) -> None:
    for told in ({"modules": []}, {"first": 1, "last": 2, "modules": ["norm"]}):
        shown = page(studio, state, lang=lang, switches={"Dates": OFF | told, "Orders": OFF})
        assert [words in line for line in shown["switch_warning"]["lines"]][:2] == [True, False]
        assert shown["switch_warning"]["lines"][0].startswith("Dates")
        on = page(studio, state, lang=lang, switches={"Dates": told | {"off": False}})
        assert said(on, "switch_warning") == ""


def test_only_whole_donors_can_be_built_without(studio: FakeStudio, state: RunState) -> None:
    some = page(studio, state, switches={"Dates": SOME})
    assert "only without a whole donor" in said(some, "switch_warning")
    assert not some["switch_build"]["interactive"]
    every = {donor.name: OFF for donor in state.spec.donors}
    assert "at least one donor" in said(page(studio, state, switches=every), "switch_warning")
    assert not page(studio, state, switches=every)["switch_build"]["interactive"]
    assert page(studio, state, switches={"Dates": OFF})["switch_build"]["interactive"]


def test_a_run_that_counted_by_layer_only_switches_whole_donors(
    studio: FakeStudio, state: RunState
) -> None:
    old = tuple(turn.model_copy(update={"parts": ()}) for turn in state.turns)
    shown = page(studio, state.model_copy(update={"turns": old}), switches={"Dates": SOME})
    claimed = sum(sum(turn.claimed) for turn in old if turn.donor == 0)
    assert f"all {claimed} positions" in said(shown, "switch_note")
    assert "earlier version" in said(shown, "switch_hint")
    assert not shown["only0"]["visible"]


def test_a_model_is_called_by_what_is_off() -> None:
    some = Switch(donor="Dates", first=1, last=4, modules=("down_proj", "gate_proj", "up_proj"))
    assert model_label("en", label_of([some])) == "OBIM without Dates (layers 1–4, MLP)"
    assert model_label("ja", label_of([some])) == "Dates(層 1–4、MLP) なしの OBIM"
    assert switched_words("en", Switch(donor="x", first=2, last=2)) == "x (layer 2)"
    two = label_of([Switch(donor="Orders"), Switch(donor=HOSTILE, modules=("norm",))])
    assert model_label("en", two) == f"OBIM without Orders and {HOSTILE} (norm)"


def test_what_is_set_outlives_a_reload_and_ends_with_the_run(
    act: Act, kept: Callable[[], Session]
) -> None:
    act("set_on0", False)
    act("set_part0", 1, 4, ["up_proj"])
    session = kept()
    assert session.switches["Dates"] == {"off": True, "first": 1, "last": 4, "modules": ["up_proj"]}
    session.show(None)
    assert session.switches == {}
    act("switch_all_on")
    assert kept().switches == {}


@pytest.mark.parametrize(
    ("name", "values"),
    [("set_on7", (False,)), ("set_on0", ("off",)), ("set_part0", (0, LAYERS, [])),
     ("set_part0", (0, 1, ["nothing"])), ("score_switched", ()), ("build_without", ())],
)  # fmt: skip
def test_what_can_not_be_is_refused(
    act: Act, kept: Callable[[], Session], name: str, values: Any
) -> None:
    with pytest.raises(gr.Error):
        act(name, *values)
    assert kept().switches == {}


def test_what_lies_outside_the_layers_is_not_named_where_only_layers_are_off(
    state: RunState,
) -> None:
    every: dict[str, Any] = {"off": True, "first": 1, "last": 2}
    told = {"Dates": every | {"modules": ["norm", "q_proj", "up_proj"]}}
    layers = Switch(donor="Dates", first=1, last=2)
    assert switches(state, Session(switches=told)) == (layers,)
    whole = {"Dates": OFF | {"modules": ["norm", "q_proj", "up_proj"]}}
    assert switches(state, Session(switches=whole)) == (Switch(donor="Dates"),)
    only = {"Dates": every | {"modules": ["norm"]}}
    assert switches(state, Session(switches=only)) == ()


def test_the_only_layer_is_all_layers(state: RunState) -> None:
    kept = [i for i, (layer, _) in enumerate(state.parts) if layer in (0, None)]
    turns = tuple(
        turn.model_copy(update={"parts": tuple(turn.parts[i] for i in kept)})
        for turn in state.turns
    )
    one = state.model_copy(update={"parts": tuple(state.parts[i] for i in kept), "turns": turns})
    for first, last in ((0, 1), (1, 1), (0, 0)):  # the sliders go from 0 to 1
        told = OFF | {"first": first, "last": last, "modules": ["norm", "up_proj"]}
        (switch,) = switches(one, Session(switches={"Dates": told}))
        assert (switch.first, switch.last) == (None, None)
        assert "norm" in switch.modules


def test_it_is_scored_beside_the_merge(desk: Desk, act: Act) -> None:
    act("set_on0", False)
    act("score_switched")
    studio: Any = desk.studio
    job = studio.asked[-1]
    assert isinstance(job, Evaluate)
    assert (job.models, job.items) == (("merged", DATES), 40)


def test_it_is_a_row_of_the_board_while_the_turn_lasts(studio: FakeStudio, state: RunState) -> None:
    studio.submit(state.id, Evaluate(("base", "merged", DATES), ("a",), 40))
    scored = studio.state(state.id)
    skill = scored.skills[0].id
    told = VerdictState(
        skill=skill, model="merged", against=DATES, quick=True, p=0.01, verdict="better", n=40,
        needed=9, difference=IntervalState(value=0.2, low=0.1, high=0.3),
    )  # fmt: skip
    scored = scored.model_copy(update={"verdicts": (told,)})
    rows = page(studio, scored)["scores"]["groups"][0]["rows"]
    assert [row["name"] for row in rows] == ["OBIM", "OBIM without Dates", "Base"]
    assert rows[1]["note"] == "switched off in turn 4 of 12"
    assert rows[1]["cells"][0]["verdict"] == "OBIM better, +20.0"
    dots = page(studio, scored)["dots"]["rows"]
    assert [row["name"] for row in dots] == ["OBIM", "OBIM without Dates", "Base"]
    studio.submit(state.id, Back(3))
    back = page(studio, studio.state(state.id))
    assert "without" not in json.dumps([back["scores"], back["dots"]])


def test_the_chat_asks_the_merge_as_it_is_switched_then(
    desk: Desk, act: Act, kept: Callable[[], Session]
) -> None:
    studio: Any = desk.studio
    asked: list[Any] = []
    answer = studio.read
    studio.read = lambda run, request, timeout=0.0: (
        asked.append(request),
        answer(run, request),
    )[1]
    act("set_on0", False)
    state = desk.state(kept())
    shown = page(studio, state, switches=kept().switches)
    assert shown["right"]["choices"][-1] == ("OBIM without Dates, as switched", "switched")
    assert shown["right"]["value"] == "switched"
    act("ask_models", "hello", "merged", "switched")
    assert asked == [Chat("merged", "hello", 64), Chat(DATES, "hello", 64)]
    told: dict[str, Any] = {"chat": kept().chat, "switches": kept().switches}
    assert page(studio, state, **told)["right_text"]["label"] == (
        "Answer of OBIM without Dates at turn 4"
    )
    other = page(studio, state, **told | {"switches": {"Orders": OFF}})
    assert (other["right"]["value"], other["right_text"]["value"]) == ("switched", "")
    on = page(studio, state, **told | {"switches": {}})
    assert (on["right"]["value"], on["right_text"]["value"]) == ("merged", "")
    act("set_on0", True)
    with pytest.raises(gr.Error):
        act("ask_models", "hello", "merged", "switched")


def test_the_right_side_follows_the_switches_and_the_screen_says_who_is_asked(
    desk: Desk, act: Act, kept: Callable[[], Session]
) -> None:
    def sides(lang: str = "en") -> tuple[str, str, str]:
        told: dict[str, Any] = {"chat": kept().chat, "switches": kept().switches}
        shown = page(studio, desk.state(kept()), lang=lang, **told)
        return shown["left"]["value"], shown["right"]["value"], said(shown, "ask_note")

    studio: Any = desk.studio
    act("ask_models", "hello", "base", "merged")  # as offered: nobody chose them
    assert sides() == ("base", "merged", "Asks Base (left) and OBIM (right).")
    act("set_on0", False)
    assert sides() == ("merged", "switched", "Asks OBIM (left) and OBIM without Dates (right).")
    assert "Dates なしの OBIM(右)" in sides("ja")[2]
    act("choose_left", "Orders")
    act("choose_right", "base")
    assert sides()[:2] == ("Orders", "base")
    act("ask_models", "hello", "Orders", "base")
    assert sides()[:2] == ("Orders", "base")
    act("set_on1", False)
    assert sides()[:2] == ("Orders", "switched")
    act("set_on1", True)
    act("set_on0", True)
    assert sides()[:2] == ("Orders", "merged")
    act("set_on0", False)
    act("choose_right", "base")
    act("switch_all_on")
    assert sides()[:2] == ("Orders", "merged")


def test_that_merge_is_built_when_asked_twice(
    desk: Desk, act: Act, kept: Callable[[], Session]
) -> None:
    act("set_on0", False)
    act("set_on1", False)
    act("set_part1", 0, LAYERS - 1, ["up_proj"])
    studio: Any = desk.studio
    before = kept()
    act("build_without")
    assert kept().run_id == before.run_id
    armed: dict[str, Any] = {"switches": before.switches, "armed": "switch_build"}
    shown = page(studio, desk.state(before), **armed)
    assert shown["switch_build"]["value"] == "Press again: a new merge without Dates"
    act("build_without")
    session = kept()
    assert session.run_id != before.run_id
    assert [d.name for d in desk.state(session).spec.donors] == ["Orders", HOSTILE]
    assert session.screen == SCREENS.index("merge")
    assert session.switches == {}


def test_labels_of_the_turn_are_told_from_others() -> None:
    assert [is_of_turn(m) for m in ("merged", DATES, "base", "Dates", "obim:random")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert Session().switches == {}
