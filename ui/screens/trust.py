"""The fold of the Saliency screen that holds estimates against the truth, and counts texts."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.handlers import Desk
from ui.painting import sizing, trust
from ui.painting.methods import estimators, needs_texts
from ui.refusals import Refused, one_of, whole
from ui.screens.number_boxes import Slider
from ui.screens.wiring import LABELS, Page, heading, lead
from ui.session import Session
from ui.widgets import Bars, Curves, Note, Scatter, ScoreTable


def build(page: Page, show_donor: Callable[..., None]) -> None:
    """Lay out and wire the fold.

    Args:
        show_donor: turns the screen to another donor.
    """
    with page.add("trust_fold", gr.Accordion(LABELS("trust.fold"), open=True, elem_id="trust")):
        lead("trust.lead")
        _settings(page)
        page.add("trust_words", Note(elem_id="trust-words"))
        page.add("trust_table", ScoreTable(elem_id="trust-table"))
        with page.add("trust_found", gr.Column(elem_classes=["ob-gone"])):
            page.add(
                "trust_shown", gr.Radio([], label=LABELS("trust.shown"), elem_id="trust-shown")
            )
            page.add("trust_scatter", Scatter(elem_id="trust-scatter"))
            page.add("trust_cross", Note(elem_id="trust-cross"))
            page.add("trust_bars", Bars(elem_id="trust-bars"))
        heading("size.heading")
        lead("size.lead")
        _sizes(page)
    _wire(page, show_donor)
    _wire_sizes(page)


def _settings(page: Page) -> None:
    page.add("trust_donor", gr.Radio([], label=LABELS("trust.donor"), elem_id="trust-donor"))
    page.add(
        "trust_estimators",
        gr.CheckboxGroup([], label=LABELS("trust.estimators"), elem_id="trust-estimators"),
    )
    with gr.Row():
        for name in ("layers", "tokens"):
            page.add(
                f"trust_{name}",
                gr.Radio([], label=LABELS(f"trust.{name}"), min_width=260, elem_id=f"trust-{name}"),
            )
    with gr.Row(elem_classes=["ob-middle"]):
        with gr.Column(scale=3, min_width=300):
            page.add("trust_cost", Note(elem_id="trust-cost"))
            page.waits("trust_run")
        page.add(
            "trust_run",
            gr.Button(
                LABELS("trust.run"), min_width=210, scale=1, interactive=False, elem_id="trust-run"
            ),
        )


def _sizes(page: Page) -> None:
    with gr.Row():
        page.add(
            "size_estimator",
            gr.Radio(
                [], label=LABELS("size.estimator"), scale=3, min_width=260, elem_id="size-estimator"
            ),
        )
        page.add(
            "size_share",
            Slider(1, 30, sizing.SHARE, step=1, label=LABELS("size.share"), scale=2,
                   min_width=220, elem_id="size-share"),
        )  # fmt: skip
    with gr.Row(elem_classes=["ob-middle"]):
        with gr.Column(scale=3, min_width=300):
            page.add("size_cost", Note(elem_id="size-cost"))
            page.waits("size_run")
        page.add(
            "size_run",
            gr.Button(
                LABELS("size.run"), min_width=210, scale=1, interactive=False, elem_id="size-run"
            ),
        )
    page.add("size_curve", Curves(elem_id="size-curve"))
    page.add("size_words", Note(elem_id="size-words"))
    page.add(
        "size_use",
        gr.Button("", size="sm", min_width=180, scale=0, elem_id="size-use",
                  elem_classes=["ob-gone"]),
    )  # fmt: skip


def _ready(desk: Desk, session: Session) -> Any:
    """The run, where its texts are those on the screen."""
    state = desk.state(session)
    why = trust.why_not(state, session)
    if why == "trust.no_texts":
        raise Refused(why, donor=state.spec.donors[session.donor].name)
    if why:
        raise Refused(why)
    return state


def _wire(page: Page, show_donor: Callable[..., None]) -> None:
    desk, boxes = page.desk, page.boxes

    def choose_checked(session: Session, chosen: object) -> None:
        sent = chosen if isinstance(chosen, list) else []
        kept = [one_of(name, estimators(), "trust.estimators") for name in sent]
        session.trust = session.trust | {"estimators": kept}

    def choose_layers(session: Session, chosen: object) -> None:
        layers = one_of(chosen, trust.LAYERS, "trust.layers")
        session.trust = session.trust | {"layers": layers}

    def choose_read(session: Session, chosen: object) -> None:
        tokens = one_of(chosen, trust.TOKENS, "trust.tokens")
        session.trust = session.trust | {"tokens": tokens}

    def show_checked(session: Session, chosen: object) -> None:
        shown = one_of(chosen, estimators(), "trust.shown")
        session.trust = session.trust | {"shown": shown}

    def take_out_and_measure(session: Session) -> None:
        job = trust.job_of(_ready(desk, session), session)
        if not job.estimators:
            raise Refused("trust.pick")
        desk.submit(session, job)

    def show_checked_donor(session: Session, index: object) -> None:
        show_donor(session, index)

    page.on(boxes["trust_donor"].input, show_checked_donor, [boxes["trust_donor"]])
    page.on(boxes["trust_estimators"].input, choose_checked, [boxes["trust_estimators"]])
    page.on(boxes["trust_layers"].input, choose_layers, [boxes["trust_layers"]])
    page.on(boxes["trust_tokens"].input, choose_read, [boxes["trust_tokens"]])
    page.on(boxes["trust_shown"].input, show_checked, [boxes["trust_shown"]])
    page.on(boxes["trust_run"].click, take_out_and_measure, named=True)


def _wire_sizes(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def choose_sized(session: Session, chosen: object) -> None:
        looking = [name for name in estimators() if needs_texts(name)]
        name = one_of(chosen, looking, "size.estimator")
        session.trust = session.trust | {"sizing": name}

    def choose_share(session: Session, chosen: object) -> None:
        share = whole(chosen, 1, 30, "size.share")
        session.trust = session.trust | {"share": share}

    def add_texts(session: Session) -> None:
        state = _ready(desk, session)
        desk.submit(session, sizing.job_of(state, session, trust.layers_of(state, session)))

    def use_texts(session: Session) -> None:
        enough = sizing.use_of(desk.state(session), session)
        if enough is None:
            raise Refused("error.no_size")
        session.tokens = enough[1]

    page.on(boxes["size_estimator"].input, choose_sized, [boxes["size_estimator"]])
    page.on(boxes["size_share"].input, choose_share, [boxes["size_share"]],
            trigger_mode="always_last")  # fmt: skip
    page.on(boxes["size_run"].click, add_texts, named=True)
    page.on(boxes["size_use"].click, use_texts, named=True)
