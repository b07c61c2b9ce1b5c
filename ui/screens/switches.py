"""Donors switched off in the live model: the part of the Evaluate screen that sets it."""

from typing import Any

import gradio as gr

from obim import Evaluate, RunState
from ui.handlers import Desk
from ui.painting import switches
from ui.painting.budget import QUICK_ITEMS
from ui.painting.frame import SCREENS
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, one_of, whole
from ui.screens.number_boxes import Slider
from ui.screens.wiring import LABELS, Page, heading, lead
from ui.session import Session
from ui.widgets import Note


def build(page: Page) -> None:
    """Lay out and wire the part."""
    heading("switches.heading")
    lead("switches.lead")
    for i in range(MAX_DONORS):
        with page.add(f"switch{i}", gr.Column(elem_classes=["ob-gone"])):
            _donor(page, i)
    page.add("switch_hint", Note(elem_id="switch-hint"))
    page.add("switch_note", Note(elem_id="switch-note"))
    page.add("switch_warning", Note(elem_id="switch-warning"))
    with page.add("switch_row", gr.Column(elem_classes=["ob-gone"])):
        with gr.Row(elem_classes=["ob-buttons"]):
            for name, key in (("score", "score"), ("build", "build"), ("all", "all_on")):
                button = gr.Button(
                    LABELS(f"switches.{key}"), size="sm", min_width=180, elem_id=f"switch-{name}"
                )
                page.add(f"switch_{name}", button)
        page.waits("switch")
    for i in range(MAX_DONORS):
        _wire_donor(page, i)
    _wire(page)


def _donor(page: Page, i: int) -> None:
    page.add(f"on{i}", gr.Checkbox(True, label="", elem_id=f"on{i}"))
    fold = gr.Accordion("", open=True, elem_id=f"only{i}", elem_classes=["ob-gone"])
    with page.add(f"only{i}", fold):
        with gr.Row():
            for end in ("first", "last"):
                slider = Slider(
                    0, 1, 0, step=1, label=LABELS(f"switches.{end}"), min_width=160,
                    elem_id=f"{end}{i}",
                )  # fmt: skip
                page.add(f"{end}{i}", slider)
        parts = gr.CheckboxGroup([], label=LABELS("switches.modules"), elem_id=f"modules{i}")
        page.add(f"modules{i}", parts)


def _shown(desk: Desk, i: int, session: Session) -> tuple[RunState, str]:
    """The run, and the name of its donor number ``i``."""
    state = desk.state(session)
    if i >= len(state.spec.donors):
        raise Refused("error.not_listed", what="switches.donor", value=str(i))
    return state, state.spec.donors[i].name


def keep(session: Session, donor: str, told: dict[str, Any]) -> None:
    """Put what is set of a donor into the session; what is painted meanwhile stays as it is."""
    before = session.switches.get(donor, {})
    session.switches = session.switches | {donor: before | told}
    session.chat.pop("right", None)  # the right side of the prompt shows what was just switched


def _wire_donor(page: Page, i: int) -> None:
    desk, boxes = page.desk, page.boxes

    def set_on(session: Session, on: object) -> None:
        _, name = _shown(desk, i, session)
        off = not one_of(on, (True, False), "switches.donor")
        keep(session, name, {"off": off})

    def set_part(session: Session, first: object, last: object, modules: object) -> None:
        state, name = _shown(desk, i, session)
        end = max(switches.layers(state) - 1, 1)
        known = switches.kinds(state)
        chosen = modules if isinstance(modules, list) else []
        told = {
            "first": whole(first, 0, end, "switches.first"),
            "last": whole(last, 0, end, "switches.last"),
            "modules": [one_of(kind, known, "switches.modules") for kind in chosen],
        }
        keep(session, name, told)

    for act in (set_on, set_part):
        act.__name__ += str(i)
    page.on(boxes[f"on{i}"].input, set_on, [boxes[f"on{i}"]], named=True)
    page.on_any([boxes[f"{name}{i}"] for name in ("first", "last", "modules")], set_part)


def _wire(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def score_switched(session: Session) -> None:
        state = desk.state(session)
        label = switches.label(state, session)
        if label == "merged":
            raise Refused("switches.no_donor")
        seconds = None if session.full else session.seconds
        items = None if session.full or seconds is not None else QUICK_ITEMS
        skills = tuple(skill.id for skill in state.skills)
        desk.submit(session, Evaluate(("merged", label), skills, items, seconds))

    def build_without(session: Session) -> None:
        spec = switches.without(desk.state(session), session)
        if spec is None:
            raise Refused("switches.no_donor")
        if session.confirms("switch_build"):
            desk.fork(session, spec)
            session.screen = SCREENS.index("merge")

    def switch_all_on(session: Session) -> None:
        session.switches = {}
        session.chat.pop("right", None)
        session.epoch += 1

    acts = {"score": score_switched, "build": build_without, "all": switch_all_on}
    for name, act in acts.items():
        page.on(boxes[f"switch_{name}"].click, act, named=True)
