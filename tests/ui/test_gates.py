"""Rules on the page: what is offered, set, kept over a reload, shown, and said before an export."""

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from obim import Advance, Back, Calibrate, Evaluate, Export, Gates, Rule, RunState, SkillState
from tests.ui.conftest import TOKEN
from tests.ui.fake_studio import HOSTILE, FakeStudio
from ui import views
from ui.app import build
from ui.handlers import Desk
from ui.painting.rules import MAX_RULES, gates_of
from ui.session import Session, Sessions

GENERAL = SkillState(id="general", title={"en": "General", "ja": "一般"}, donor=None, items=40)
GATES = Gates(rules=(Rule(kind="fall", skill="general", limit=5), Rule(kind="keep", limit=40)))
Act = Callable[..., None]


def made(studio: FakeStudio, *jobs: Any) -> RunState:
    run = studio.create(studio.default_spec())
    studio.change(run, skills=(*studio.state(run).skills, GENERAL))
    for job in jobs:
        studio.submit(run, job)
    return studio.state(run)


def page(studio: FakeStudio, state: RunState | None, **session: Any) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(**session), studio.models())


@pytest.fixture
def act(desk: Desk) -> Act:
    """Handlers by name, as the browser calls them."""
    blocks = build(desk.studio, desk.home, desk.roots)
    handlers = {fn.api_name: fn.fn for fn in blocks.fns.values()}
    desk.enter(TOKEN, "en")
    run = desk.sessions.get(TOKEN).run_id
    studio: Any = desk.studio
    studio.change(run, skills=(*studio.state(run).skills, GENERAL))

    def ask(name: str, *values: Any) -> None:
        handlers[name](TOKEN, *values)

    ask("enter", "en")
    return ask


@pytest.fixture
def kept(desk: Desk, act: Act) -> Callable[[], Session]:
    """The session as a server that starts anew reads it."""
    return lambda: Sessions(desk.home / "sessions").get(TOKEN)


def test_nothing_is_judged_until_it_is_switched_on(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    shown = page(studio, state)
    assert gates_of(state, Session()) == Gates()
    assert shown["gates_box"]["visible"]
    assert not any(shown[f"rule{i}"]["visible"] for i in range(MAX_RULES))
    assert not shown["verdicts_box"]["visible"]


def test_sensible_rules_are_offered_first(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    assert gates_of(state, Session(gating=True)) == GATES
    shown = page(studio, state, gating=True)
    assert shown["limit0"]["label"] == "General: at most 5 points below the base"
    assert shown["limit1"]["label"] == "Each donor's skill: at least 40 % of its donor"
    assert [shown[f"rule{i}"]["visible"] for i in range(3)] == [True, True, False]
    assert "General: against the base" in [c[0] for c in shown["about0"]["choices"]]
    without = state.model_copy(update={"skills": state.skills[:-1]})
    assert gates_of(without, Session(gating=True)).rules[0].skill is None
    own = tuple(s.model_copy(update={"donor": None}) for s in state.skills)
    alone = gates_of(state.model_copy(update={"skills": own}), Session(gating=True))
    assert alone.rules == (Rule(kind="fall", limit=5),)
    assert not page(studio, state.model_copy(update={"skills": ()}))["gates_box"]["visible"]


def test_rules_about_skills_of_another_merge_are_left_out(studio: FakeStudio) -> None:
    rules = [{"kind": "fall", "skill": s, "limit": 5.0} for s in ("gone", "general")]
    state = made(studio)
    found = gates_of(state, Session(gating=True, rules=rules)).rules
    assert [rule.skill for rule in found] == ["general"]


def test_rules_that_are_set_outlive_a_reload_and_go_with_every_merge(
    desk: Desk, act: Act, kept: Callable[[], Session]
) -> None:
    act("set_gating", True)
    act("set_limit0", 12)
    act("set_rule1", "keep:orders")
    act("add_rule")
    act("set_rule2", "fall:")
    act("set_on_red", "back")
    wanted = Gates(
        rules=(
            Rule(kind="fall", skill="general", limit=12),
            Rule(kind="keep", skill="orders", limit=40),
            Rule(kind="fall", limit=40),
        ),
        on_red="back",
    )
    assert gates_of(desk.state(kept()), kept()) == wanted
    act("compute_saliency")
    act("step_turn")
    job: Any = desk.studio.asked[-1]  # type: ignore[attr-defined]
    assert job == Advance(1, "round", wanted)
    act("drop_rule0")
    assert [rule["skill"] for rule in kept().rules or []] == ["orders", None]
    act("set_gating", False)
    act("step_turn")
    assert desk.studio.asked[-1] == Advance(1, "round", Gates())  # type: ignore[attr-defined]


def test_rules_are_judged_on_as_many_items_as_the_page_evaluates(
    desk: Desk, act: Act, kept: Callable[[], Session]
) -> None:
    asked: list[Any] = desk.studio.asked  # type: ignore[attr-defined]
    skills = tuple(skill.id for skill in desk.state(kept()).skills)
    act("set_gating", True)
    act("compute_saliency")
    for value, seconds in (("10", 10), ("usual", None)):
        act("set_full", value)
        assert (kept().seconds, kept().full) == (seconds, False)
        act("step_turn")
        assert (asked[-1].turns, asked[-1].seconds) == (1, seconds)
        act("judge_turn")
        assert (asked[-1].turns, asked[-1].seconds) == (0, seconds)
        act("evaluate_models", ["base"])
        assert asked[-1] == Evaluate(("base",), skills, None if seconds else 40, seconds)
    act("set_full", "60")
    act("set_full", "all")
    act("evaluate_models", ["base"])
    assert asked[-1] == Evaluate(("base",), skills)
    act("step_turn")
    assert asked[-1].seconds == 60  # evaluations between rounds stay quick
    for wrong in ("20", 10, None, True):
        with pytest.raises(gr.Error):
            act("set_full", wrong)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("set_limit0", (101,)), ("set_limit0", (-1,)), ("set_limit0", ("x",)), ("set_limit5", (1,)),
        ("set_rule0", ("keep:general",)), ("set_rule0", ("fall:nothing",)), ("set_rule0", (None,)),
        ("drop_rule5", ()), ("set_on_red", ("explode",)), ("set_gating", (1,)),
        ("judge_turn", ()), ("go_green", ()), ("go_best", ()),
    ],
)  # fmt: skip
def test_what_the_browser_may_not_send_is_refused(
    act: Act, kept: Callable[[], Session], desk: Desk, name: str, values: tuple[Any, ...]
) -> None:
    before = len(desk.studio.asked)  # type: ignore[attr-defined]
    with pytest.raises(gr.Error):
        act(name, *values)
    assert kept().rules is None
    assert len(desk.studio.asked) == before  # type: ignore[attr-defined]


def test_there_is_a_most_of_rules(act: Act, kept: Callable[[], Session]) -> None:
    act("set_gating", True)
    for _ in range(MAX_RULES - 2):
        act("add_rule")
    with pytest.raises(gr.Error):
        act("add_rule")
    assert len(kept().rules or []) == MAX_RULES


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_red_turn_says_so_in_words_and_shows_what_was_lost(studio: FakeStudio, lang: str) -> None:
    state = made(studio, Calibrate(), Advance(2, "turn", GATES), Advance(1, "turn", GATES))
    shown = page(studio, state, lang=lang, gating=True)
    red = {"en": "red", "ja": "赤"}[lang]
    value = shown["verdicts"]
    assert (value["light"], value["word"]) == ("red", red)
    assert [turn["light"] for turn in value["turns"]] == ["green", "red"]
    assert "10.0\u00a0%" in value["rules"][0]["figures"][0]["text"]
    assert shown["flips_box"]["visible"]
    assert shown["flips"]["items"][0]["prompt"] == HOSTILE
    assert shown["jobbar"]["state"] == "idle"
    bar = page(studio, state, lang=lang, gating=True, screen=3)["jobbar"]
    assert bar["state"] == "interrupted"
    assert "3" in bar["text"]
    assert "5" in bar["detail"]
    assert json.dumps(shown)


def test_every_judged_figure_is_saved(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(2, "turn", GATES), Advance(1, "turn", GATES))
    head, rows = page(studio, state, gating=True, look=2)["verdicts"]["table"]
    told = [(g.turn, f) for g in state.gates for v in g.verdicts for f in v.figures]
    assert [row[0] for row in rows] == [turn for turn, _ in told]
    scores = [(f.score, f.reference, f.margin, f.low, f.high, f.n) for _, f in told]
    assert [(row[4], *row[6:]) for row in rows] == scores
    assert {len(row) for row in rows} == {len(head)}


def test_a_figure_is_told_with_interval_and_limit(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(3, "turn", GATES))
    fall, keep = page(studio, state, gating=True)["verdicts"]["rules"]
    assert fall["figures"][0]["text"] == (
        "Dates: 10.0\u00a0% right, Base 60.0\u00a0%. "
        "Difference −35.0 points (interval −45.0 to −25.0); limit −5."
    )
    assert "40 % of that is 24.0\u00a0%; the merge lies −30.0 points" in keep["figures"][0]["text"]


def test_amber_says_what_it_means_and_how_many_items_would_tell(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1, "turn", GATES))
    (gate,) = state.gates
    (verdict, _) = gate.verdicts

    def text(margin: float) -> str:
        changed = {"light": "amber", "margin": margin, "needed": 1234}
        figure = verdict.figures[0].model_copy(update=changed)
        amber = verdict.model_copy(update={"light": "amber", "figures": (figure,)})
        update = {"light": "amber", "verdicts": (amber,)}
        now = state.model_copy(update={"gates": (gate.model_copy(update=update),)})
        told: str = page(studio, now)["verdicts"]["rules"][0]["figures"][0]["text"]
        return told

    assert "may be luck. About 1,234 items" in text(0.01)
    assert "may be chance. About 1,234 items" in text(-0.01)


def test_the_ways_back_are_offered_and_taken(desk: Desk, act: Act) -> None:
    act("set_gating", True)
    act("compute_saliency")
    act("step_turn")
    act("step_turn")
    act("step_turn")
    state = desk.state(desk.sessions.get(TOKEN))
    shown = views.page(state, desk.sessions.get(TOKEN), desk.studio.models())
    assert shown["go_green"]["value"] == "Go back to turn 2 (last green)"
    assert not shown["go_best"]["visible"]  # it is the same
    asked: list[Any] = desk.studio.asked  # type: ignore[attr-defined]
    act("go_green")
    assert asked[-1] == Back(2)
    shown = views.page(
        desk.state(desk.sessions.get(TOKEN)), desk.sessions.get(TOKEN), desk.studio.models()
    )
    assert not shown["go_green"]["visible"]
    assert not shown["go_best"]["visible"]
    assert shown["verdicts"]["light"] == "green"
    act("back_turn")
    state = desk.state(desk.sessions.get(TOKEN))
    shown = views.page(state, desk.sessions.get(TOKEN), desk.studio.models())
    assert shown["go_best"]["value"] == "Go to the best turn, 2"
    act("go_best")
    assert asked[-1] == Advance(1, "off")
    act("judge_turn")
    assert (asked[-1].turns, len(asked[-1].gates.rules)) == (0, 2)


def test_an_export_says_which_turn_it_is_and_warns_in_words(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(2, "turn", GATES))
    green = page(studio, state, gating=True)
    assert green["export_turn"]["lines"] == ["✓ Green: this turn keeps all rules."]
    whole = state.model_copy(update={"turn": 12, "gates": ()})
    assert page(studio, whole)["export_turn"]["lines"] == [
        "What will be written: turn 12, the last one."
    ]
    assert not any("ules" in line for line in green["export_warnings"]["lines"])
    rules = [{"kind": "fall", "skill": None, "limit": 1.0}]
    changed = page(studio, state, gating=True, rules=rules)["export_warnings"]["lines"]
    assert any("rules have changed" in line for line in changed)
    studio.submit(state.id, Advance(1, "turn", GATES))
    red = page(studio, studio.state(state.id))["export_warnings"]["lines"]
    assert any(
        line.startswith("Red: this turn breaks rules (General: at most 5 points") for line in red
    )
    studio.submit(state.id, Advance(1, "off"))
    state = studio.state(state.id)
    assert any(
        "never been judged" in s
        for s in page(studio, state, gating=True)["export_warnings"]["lines"]
    )
    assert not any("judged" in s for s in page(studio, state)["export_warnings"]["lines"])
    studio.submit(state.id, Export("m", "bfloat16"))


def test_without_scores_on_the_way_it_is_said_that_nothing_is_judged(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    assert page(studio, state, gating=True)["rules_note"]["lines"] == []
    (line,) = page(studio, state, gating=True, when="off")["rules_note"]["lines"]
    assert "Judge this turn" in line


def test_a_task_of_the_harness_is_scored_like_a_set(desk: Desk, act: Act) -> None:
    asked: list[Any] = desk.studio.asked  # type: ignore[attr-defined]
    act("evaluate_task", " arc_easy ", ["base"], [], ["obim:random"])
    assert asked[-1] == Evaluate(("base", "obim:random"), ("lm_eval:arc_easy",), 40)
    file = desk.roots[0] / "my.yaml"
    with pytest.raises(gr.Error, match="MODELS=FOLDER"):
        act("evaluate_task", str(file), ["base"])
    file.write_text("task: my")
    act("evaluate_task", str(file), ["base"])
    assert asked[-1].skills == (f"lm_eval:{file.resolve()}",)
    outside = desk.roots[0].parent / "outside.yaml"
    outside.write_text("task: my")
    with pytest.raises(gr.Error, match="MODELS=FOLDER"):
        act("evaluate_task", str(desk.roots[0] / ".." / outside.name), ["base"])
    for wrong in ("", "  ", None, 3, "x" * 501):
        with pytest.raises(gr.Error, match="YAML"):
            act("evaluate_task", wrong, ["base"])
    with pytest.raises(gr.Error, match="at least one model"):
        act("evaluate_task", "arc_easy", [])
