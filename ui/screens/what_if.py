"""What if: settings are dragged and figures follow, two are compared, and orders are tried."""

import math
from typing import Any

import gradio as gr

from obim import MergeSpec, RunState
from ui.handlers import Desk
from ui.painting.frame import SCREENS, busy, has_saliency, under_way
from ui.painting.what_if import PINS, figures, orders, supposed
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, one_of, whole
from ui.screens.asking import ask_preview
from ui.screens.number_boxes import Slider
from ui.screens.settings import share_of
from ui.screens.wiring import LABELS, Page, lead
from ui.session import Session
from ui.widgets import Note, Occupancy, ScoreTable


def build(page: Page) -> None:
    """Lay out and wire the section."""
    lead("what_if.what")
    with gr.Row():
        with gr.Column(scale=4, min_width=320):
            _controls(page)
        with gr.Column(scale=5, min_width=320):
            page.add("wi_status", Note(elem_id="wi-status"))
            page.add("wi_map", Occupancy(elem_id="wi-map"))
    page.add("wi_scaled", Note(elem_id="wi-scaled"))
    page.add("wi_table", ScoreTable(elem_id="wi-table"))
    page.add("wi_meaning", Note(elem_id="wi-meaning"))
    with gr.Row():
        for pin in PINS:
            box = gr.Column(elem_classes=["ob-gone"], min_width=320)
            with page.add(f"wi_box_{pin}", box):
                page.add(f"wi_name_{pin}", Note())
                page.add(f"wi_map_{pin}", Occupancy(elem_id=f"wi-map-{pin}"))
    _wire_settings(page)
    _wire_acts(page)


def _controls(page: Page) -> None:
    page.add("wi_order", gr.Dropdown([], label=LABELS("what_if.order"), elem_id="wi-order"))
    with gr.Row():
        page.add(
            "wi_rounds",
            Slider(1, 60, 10, step=1, label=LABELS("merge.rounds"), elem_id="wi-rounds",
                   min_width=160),
        )  # fmt: skip
        page.add(
            "wi_rotate",
            gr.Checkbox(label=LABELS("merge.rotate"), elem_id="wi-rotate"),
        )
    page.add(
        "wi_scope",
        gr.Radio(
            [(LABELS(f"merge.scope.{s}"), s) for s in ("tensor", "row", "global")],
            label=LABELS("merge.scope"),
            elem_id="wi-scope",
        ),
    )
    for i in range(MAX_DONORS):
        with page.add(f"wi_pair{i}", gr.Column(elem_classes=["ob-gone"])), gr.Row():
            for name, most, step in (("density", 1, 0.01), ("scale", 4, 0.05)):
                slider = Slider(
                    0, most, 1, step=step, label="", min_width=160, elem_id=f"wi-{name}{i}"
                )
                page.add(f"wi_{name}{i}", slider)
    with gr.Row(elem_classes=["ob-buttons"]):
        for name in ("wi_pin_a", "wi_pin_b", "wi_unpin", "wi_reset", "wi_use"):
            key = f"what_if.{name.removeprefix('wi_')}"
            button = gr.Button(
                LABELS(key), min_width=120, elem_id=name.replace("_", "-"), interactive=False
            )
            page.add(name, button)


def _wire_settings(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def try_settings(session: Session, *values: Any) -> None:
        drag(desk, session, list(values))

    names = ["wi_order", "wi_rounds", "wi_rotate", "wi_scope"]
    names += [f"wi_{kind}{i}" for kind in ("density", "scale") for i in range(MAX_DONORS)]
    page.on_any([boxes[name] for name in names], try_settings)


def _wire_acts(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def pin(session: Session, place: str) -> None:
        session.pins = {
            **session.pins, place: supposed(ready(desk, session), session).model_dump_json()
        }  # fmt: skip

    def pin_a(session: Session) -> None:
        pin(session, "a")

    def pin_b(session: Session) -> None:
        pin(session, "b")

    def unpin(session: Session) -> None:
        session.pins = {}

    def reset_what_if(session: Session) -> None:
        session.what_if, session.asked = None, {}
        session.epoch += 1

    def use_what_if(session: Session) -> None:
        use(desk, session)

    acts = {
        "wi_pin_a": pin_a, "wi_pin_b": pin_b, "wi_unpin": unpin, "wi_reset": reset_what_if,
        "wi_use": use_what_if,
    }  # fmt: skip
    for name, act in acts.items():
        page.on(boxes[name].click, act, named=True)


def ready(desk: Desk, session: Session) -> RunState:
    """The run, once its saliency is there."""
    state = desk.state(session)
    if not has_saliency(state):
        raise Refused("stepper.why.explore")
    return state


def drag(desk: Desk, session: Session, values: list[Any]) -> None:
    """Take what the controls say, and preview it."""
    state = ready(desk, session)
    spec = read_settings(state, values)
    if under_way(state) and not busy(state):
        desk.studio.stop(state.id, "reckon")  # exact figures of settings that were left
    if figures(state, session, spec) is None:
        ask_preview(desk, session, state, spec)
    session.asked = {}
    session.what_if = spec.model_dump_json()  # not before, or the follower would ask as well


def use(desk: Desk, session: Session) -> None:
    """Begin a merge with the settings that are being tried; turns that were taken ask first."""
    state = ready(desk, session)
    spec, pins, seen = supposed(state, session), session.pins, session.foreseen
    if spec == state.spec:
        raise Refused("what_if.same")
    if state.locked and not session.confirms("wi_use"):
        return
    desk.fork(session, spec)
    session.pins, session.foreseen = pins, seen
    session.screen = SCREENS.index("merge")


def read_settings(state: RunState, values: list[Any]) -> MergeSpec:
    """What the controls say, as a variant of the run's settings.

    Raises:
        Refused: an order or a number that isn't offered.
        ValidationError: a setting is out of its range.
    """
    order, rounds, rotate, scope, *pairs = values
    run, k = state.spec, len(state.spec.donors)
    places = {",".join(map(str, one)): one for one in orders(run)}
    usual = ",".join(map(str, range(k)))
    chosen = places[str(one_of(usual if order is None else order, list(places), "what_if.order"))]
    densities, scales = pairs[:MAX_DONORS], pairs[MAX_DONORS:]
    donors = []
    for i in chosen:
        changed = {"density": run.donors[i].density, "scale": run.donors[i].scale}
        if i < MAX_DONORS:
            changed = {"density": share_of(densities[i], k), "scale": _number(scales[i])}
            if round(run.density_of(i), 3) == round(float(densities[i]), 3):
                changed["density"] = run.donors[i].density  # the slider shows three digits of it
        donors.append(run.donors[i].model_dump() | changed)
    return MergeSpec.model_validate(
        run.model_dump()
        | {
            "donors": donors,
            "rounds": whole(rounds, 1, 255, "merge.rounds"),
            "rotate": bool(rotate),
            "scope": scope,
        }
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Refused("what_if.scale_range")
    if not 0 <= value <= 10:
        raise Refused("what_if.scale_range")
    return float(value)
