"""The Merge screen: settings, turns forward and back, and what they did."""

from typing import Any

import gradio as gr

from obim import Advance, Back, recommended, stock
from ui.painting.rules import gates_of
from ui.painting.wording import MAX_DONORS
from ui.refusals import one_of, whole
from ui.screens import gates
from ui.screens.number_boxes import NumberBox, Slider
from ui.screens.settings import settle, take_settings, use_preset
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import Counters, Curves, Note, Occupancy, Recipe


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    with gr.Row(elem_classes=["ob-buttons"]):
        for name in ("step", "step_round", "run", "back", "reset"):
            variant = "primary" if name == "step" else "secondary"
            button = gr.Button(
                LABELS(f"merge.{name}"), variant=variant, min_width=120, elem_id=name,
                interactive=False,
            )  # fmt: skip
            page.add(name, button)
    page.waits("turns")
    with page.add("when_row", gr.Column(elem_classes=["ob-gone"])):
        page.add(
            "when",
            gr.Radio(
                [], label=LABELS("merge.when"), info=LABELS("merge.when_info"), elem_id="when"
            ),
        )
    page.add("unscored", Note(elem_id="unscored"))
    page.add("summary", Note(elem_id="summary"))
    page.add(
        "look_end",
        gr.Button("", size="sm", scale=0, min_width=200, elem_id="look-end",
                  elem_classes=["ob-gone"]),
    )  # fmt: skip
    page.add("counters", Counters(elem_id="counters"))
    gates.build(page)
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            heading("merge.occupancy")
            page.add("occupancy", Occupancy(elem_id="occupancy"))
            look = page.add(
                "look",
                Slider(0, 1, 0, step=1, label=LABELS("merge.look"), elem_id="look"),
            )
            page.add("curves", Curves(elem_id="curves"))
        with gr.Column(scale=4, min_width=320):
            _settings(page)
    _wire(page, look)


def _settings(page: Page) -> None:
    heading("merge.settings")
    page.add("locked_note", Note())
    with gr.Row():
        for name in ("recommended", "stock", "change"):
            page.add(
                name,
                gr.Button(
                    LABELS(f"merge.{name}"), size="sm", min_width=96, elem_id=name,
                    interactive=False,
                ),
            )  # fmt: skip
    page.add("preset_note", Note(elem_id="preset-note"))
    page.add("rounds", Slider(1, 60, 10, step=1, label=LABELS("merge.rounds"), elem_id="rounds"))
    page.add("density_note", Note())
    for i in range(MAX_DONORS):
        with page.add(f"pair{i}", gr.Column(elem_classes=["ob-gone"])), gr.Row():
            page.add(
                f"density{i}",
                Slider(0, 1, 0.25, step=0.01, label="", min_width=160, elem_id=f"density{i}"),
            )  # fmt: skip
            page.add(
                f"scale{i}",
                Slider(0, 4, 1, step=0.05, label="", min_width=160, elem_id=f"scale{i}"),
            )  # fmt: skip
    _advanced(page)
    with page.add("recipe_fold", gr.Accordion(LABELS("merge.recipe"), open=True)):
        page.add("recipe", Recipe(elem_id="recipe"))


def _advanced(page: Page) -> None:
    with page.add("advanced", gr.Accordion(LABELS("merge.advanced"), open=True)):
        page.add("rotate", gr.Checkbox(label=LABELS("merge.rotate"), info=LABELS("merge.order")))
        page.add(
            "scope",
            gr.Radio(
                [(LABELS(f"merge.scope.{s}"), s) for s in ("tensor", "row", "global")],
                label=LABELS("merge.scope"),
            ),
        )
        page.add("scope_note", Note())
        page.add("dtype", gr.Radio(["bfloat16", "float16", "float32"], label=LABELS("merge.dtype")))
        page.add("include", gr.Textbox(label=LABELS("merge.include"), max_length=500))
        page.add(
            "exclude", gr.Textbox(label=LABELS("merge.exclude"), max_length=500, elem_id="exclude")
        )
        page.add(
            "seed",
            NumberBox(0, precision=0, minimum=0, maximum=2**32 - 1, label=LABELS("merge.seed"),
                      elem_id="seed"),
        )  # fmt: skip


def _wire(page: Page, look: Any) -> None:
    desk, boxes = page.desk, page.boxes
    _wire_turns(page)
    _wire_settings(page)

    def look_back(session: Session, turn: object) -> None:
        now = desk.state(session).turn
        chosen = whole(turn, 0, max(now, 1), "merge.turn")
        session.look = None if chosen >= now else chosen

    def end_look(session: Session) -> None:
        session.look = None

    def set_when(session: Session, when: object) -> None:
        session.when = one_of(when, ("round", "turn", "off"), "merge.when")

    page.on(look.input, look_back, [look], trigger_mode="always_last")
    page.on(boxes["look_end"].click, end_look, named=True)
    page.on(boxes["when"].input, set_when, [boxes["when"]])


def _wire_turns(page: Page) -> None:
    desk = page.desk

    def advance(session: Session, turns: int) -> None:
        settle(desk, session)
        session.look = None
        gates = gates_of(desk.state(session), session)
        desk.submit(session, Advance(turns, session.when, gates, session.seconds))

    def step_turn(session: Session) -> None:
        advance(session, 1)

    def step_round(session: Session) -> None:
        state = desk.state(session)
        k = len(state.spec.donors)
        advance(session, k - state.turn % k)

    def run_all(session: Session) -> None:
        advance(session, 255)

    def back_turn(session: Session) -> None:
        session.look = None
        desk.submit(session, Back(max(desk.state(session).turn - 1, 0)))

    def reset_merge(session: Session) -> None:
        if not session.confirms("reset"):
            return
        session.look = None
        desk.submit(session, Back(0))

    acts = {
        "step": step_turn, "step_round": step_round, "run": run_all, "back": back_turn,
        "reset": reset_merge,
    }  # fmt: skip
    for name, act in acts.items():
        page.on(page.boxes[name].click, act, named=True)


def _wire_settings(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def set_settings(session: Session, *values: Any) -> None:
        take_settings(desk, session, list(values))

    def use_recommended(session: Session) -> None:
        use_preset(desk, session, recommended)

    def use_stock(session: Session) -> None:
        use_preset(desk, session, stock)

    def change_settings(session: Session) -> None:
        if not session.confirms("change"):
            return
        desk.fork(session, desk.state(session).spec)

    acts = {"recommended": use_recommended, "stock": use_stock, "change": change_settings}
    for name, act in acts.items():
        page.on(boxes[name].click, act, named=True)
    names = ["rounds", "rotate", "scope", "dtype", "include", "exclude", "seed"]
    names += [f"{kind}{i}" for kind in ("density", "scale") for i in range(MAX_DONORS)]
    controls = [boxes[name] for name in names]
    page.on_any(controls, set_settings)
