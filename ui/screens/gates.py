"""Rules on the Merge screen: the fold that sets them, the lights, and the ways back."""

from typing import Any

import gradio as gr

from obim import Advance, Back, Gates, Rule, RunState
from ui.handlers import Desk
from ui.painting.gates import last_green
from ui.painting.rules import MAX_RULES, about, gates_of, offered, rules_of
from ui.refusals import Refused, one_of, whole
from ui.screens.number_boxes import Slider
from ui.screens.wiring import LABELS, Page, lead
from ui.session import Session
from ui.widgets import ItemList, Note, Verdicts


def build(page: Page) -> None:
    """Lay out and wire the part."""
    with page.add("gates_box", gr.Column(elem_classes=["ob-gone"], elem_id="gates")):
        with page.add(
            "rules_fold", gr.Accordion(LABELS("gates.rules"), open=True, elem_id="rules")
        ):
            _rules(page)
        with page.add("verdicts_box", gr.Column(elem_classes=["ob-gone"])):
            page.add("verdicts", Verdicts(elem_id="verdicts"))
            with gr.Row(elem_classes=["ob-buttons"]):
                for name in ("judge", "go_green", "go_best"):
                    button = gr.Button(
                        LABELS("gates.judge") if name == "judge" else "", size="sm", min_width=180,
                        elem_id=name.replace("_", "-"), elem_classes=["ob-gone"],
                    )  # fmt: skip
                    page.add(name, button)
            with page.add("flips_box", gr.Column(elem_classes=["ob-gone"])):
                page.add("flips_note", Note(elem_id="flips-note"))
                page.add("flips", ItemList(elem_id="flips"))
    _wire_rules(page)
    for i in range(MAX_RULES):
        _wire_rule(page, i)
    _wire_turns(page)


def _rules(page: Page) -> None:
    lead("gates.lead")
    page.add("gating", gr.Checkbox(label=LABELS("gates.gating"), elem_id="gating"))
    page.add("rules_note", Note(elem_id="rules-note"))
    for i in range(MAX_RULES):
        with (
            page.add(f"rule{i}", gr.Column(elem_classes=["ob-gone"])),
            gr.Row(elem_classes=["ob-middle"]),
        ):
            page.add(
                f"about{i}", gr.Dropdown([], label="", scale=4, min_width=220, elem_id=f"about{i}")
            )
            page.add(
                f"limit{i}",
                Slider(0, 100, 0, step=1, label="", scale=5, min_width=220, elem_id=f"limit{i}"),
            )
            page.add(
                f"drop{i}", gr.Button("", size="sm", scale=0, min_width=96, elem_id=f"drop{i}")
            )
    page.add(
        "add_rule",
        gr.Button(
            LABELS("gates.add"), size="sm", scale=0, min_width=140, elem_id="add-rule",
            elem_classes=["ob-gone"],
        ),
    )  # fmt: skip
    with page.add("on_red_box", gr.Column(elem_classes=["ob-gone"])):
        page.add("on_red", gr.Radio([], label=LABELS("gates.on_red_label"), elem_id="on-red"))


def keep_rules(session: Session, rules: list[Rule]) -> None:
    """Put the rules into the session, which outlives a reload.

    Raises:
        ValidationError: there are too many.
    """
    Gates(rules=tuple(rules))
    session.rules = [rule.model_dump() for rule in rules]


def chosen_rule(state: RunState, value: object) -> tuple[str, str | None]:
    """Kind and skill from the value of a chooser."""
    listed = {f"{kind}:{skill or ''}": (kind, skill) for kind, skill in about(state)}
    return listed[one_of(value, tuple(listed), "gates.about")]


def _shown_rules(desk: Desk, session: Session, i: int) -> tuple[RunState, list[Rule]]:
    state = desk.state(session)
    rules = rules_of(state, session)
    if i >= len(rules):
        raise Refused("error.no_rule")
    return state, rules


def _wire_rules(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def set_gating(session: Session, on: object) -> None:
        session.gating = one_of(on, (True, False), "gates.gating")
        session.epoch += 1

    def set_on_red(session: Session, what: object) -> None:
        session.on_red = one_of(what, ("pause", "back", "go_on"), "gates.on_red_label")

    def add_rule(session: Session) -> None:
        state = desk.state(session)
        rules = rules_of(state, session)
        there = {(rule.kind, rule.skill) for rule in rules}
        new = next((rule for rule in offered(state) if (rule.kind, rule.skill) not in there), None)
        keep_rules(session, [*rules, new or Rule(kind="fall", limit=offered(state)[0].limit)])
        session.epoch += 1

    page.on(boxes["gating"].input, set_gating, [boxes["gating"]], named=True)
    page.on(boxes["on_red"].input, set_on_red, [boxes["on_red"]], named=True)
    page.on(boxes["add_rule"].click, add_rule, named=True)


def _wire_rule(page: Page, i: int) -> None:
    desk, boxes = page.desk, page.boxes

    def set_rule(session: Session, value: object) -> None:
        state, rules = _shown_rules(desk, session, i)
        kind, skill = chosen_rule(state, value)
        told: dict[str, Any] = {"kind": kind, "skill": skill, "limit": rules[i].limit}
        rules[i] = Rule.model_validate(told)
        keep_rules(session, rules)

    def set_limit(session: Session, value: object) -> None:
        _, rules = _shown_rules(desk, session, i)
        limit = whole(value, 0, 100, "gates.about")
        rules[i] = rules[i].model_copy(update={"limit": float(limit)})
        keep_rules(session, rules)

    def drop_rule(session: Session) -> None:
        _, rules = _shown_rules(desk, session, i)
        keep_rules(session, rules[:i] + rules[i + 1 :])
        session.epoch += 1

    for act in (set_rule, set_limit, drop_rule):
        act.__name__ += str(i)
    page.on(boxes[f"about{i}"].input, set_rule, [boxes[f"about{i}"]], named=True)
    limit = boxes[f"limit{i}"]
    page.on(limit.input, set_limit, [limit], named=True, trigger_mode="always_last")
    page.on(boxes[f"drop{i}"].click, drop_rule, named=True)


def _wire_turns(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def judge_turn(session: Session) -> None:
        gates = gates_of(desk.state(session), session)
        if not gates.rules:
            raise Refused("error.no_rule")
        session.look = None
        desk.submit(session, Advance(0, "off", gates, session.seconds))

    def go(session: Session, turn: int | None) -> None:
        now = desk.state(session).turn
        if turn is None or turn == now:
            raise Refused("error.no_turn")
        session.look = None
        desk.submit(session, Back(turn) if turn < now else Advance(turn - now, "off"))

    def go_green(session: Session) -> None:
        go(session, last_green(desk.state(session)))

    def go_best(session: Session) -> None:
        go(session, desk.state(session).best_turn)

    for name, act in (("judge", judge_turn), ("go_green", go_green), ("go_best", go_best)):
        page.on(boxes[name].click, act, named=True)
