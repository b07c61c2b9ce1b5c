"""The Saliency screen: texts and estimator, the heatmap, and the look inside one tensor."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from obim import Calibrate, Cell, ObimError, RunState
from ui.handlers import Desk
from ui.painting.frame import SCREENS, busy, has_saliency
from ui.painting.methods import estimators
from ui.painting.saliency import MEASURES, changed
from ui.painting.texts import tried, tried_spec
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, one_of, whole
from ui.screens import trust
from ui.screens.uploads import TEXTS, keep_upload
from ui.screens.wiring import LABELS, Page, heading, lead
from ui.session import Session
from ui.widgets import Histogram, Note, SaliencyGrid, WeightCanvas

TEXT_FILES = (".txt", ".csv", ".jsonl")
LARGEST = 5 * 10**6
NO_FILE = "file"
"""A choice of one's own file before there is one; no spec holds it."""


def _tried(desk: Desk, session: Session) -> list[str | None]:
    return list(tried(desk.state(session), session))


def _hold(desk: Desk, text: str | None) -> bool:
    """Make an upload new again, since old ones of no run are deleted; False where it is gone."""
    if text is not None and Path(text).parent == desk.home / TEXTS:
        try:
            os.utime(text)
        except FileNotFoundError:
            return False
    return True


def compute(desk: Desk, session: Session) -> None:
    """Take over texts and estimator, and measure."""
    state = desk.state(session)
    if changed(state, session):
        spec = tried_spec(state, session, session.estimator or state.spec.estimator)
        for donor in spec.donors:
            if donor.calibration == NO_FILE or not _hold(desk, donor.calibration):
                raise Refused("error.no_file", donor=donor.name)
        desk.fork(session, spec)
    session.cell = session.tensor = None
    desk.submit(session, Calibrate())


def open_cell(desk: Desk, session: Session, tensor: object) -> None:
    """Look inside one tensor of the donor that is shown."""
    state = desk.state(session)
    if session.donor >= len(state.saliency):
        raise Refused("saliency.empty")
    names = [entry.tensor for entry in state.saliency[session.donor].tensors]
    name = one_of(tensor, names, "saliency.tensor")
    session.cell = desk.studio.read(state.id, Cell(name, session.donor), timeout=30.0)
    session.tensor = name


def wants_cell(state: RunState | None, session: Session) -> bool:
    """Whether the tab shows saliency that it has not looked inside yet."""
    here = SCREENS[session.screen] == "saliency" and session.cell is None
    return here and state is not None and has_saliency(state) and not busy(state)


def open_strongest(desk: Desk, session: Session, state: RunState | None) -> None:
    """Look inside the tensor that was open, else the one that holds most of the change.

    Nothing happens where the user picks another meanwhile, or where it can't be read.
    """
    donor, before = session.donor, session.tensor
    if state is None or donor >= len(state.saliency) or not state.saliency[donor].tensors:
        return
    name = before or max(state.saliency[donor].tensors, key=lambda entry: entry.change).tensor
    try:
        cell = desk.studio.read(state.id, Cell(name, donor), timeout=30.0)
    except ObimError:
        return
    if (session.run_id, session.donor, session.tensor) == (state.id, donor, before):
        session.cell, session.tensor = cell, name


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    lead("saliency.what")
    _settings(page)
    heading("saliency.heading")
    with gr.Row():
        page.add(
            "donor", gr.Radio([], label=LABELS("saliency.donor"), min_width=240, elem_id="donor")
        )
        page.add(
            "measure",
            gr.Radio([], label=LABELS("saliency.measure"), min_width=240, elem_id="measure"),
        )
    page.add("saliency_facts", Note(elem_id="saliency-facts"))
    with gr.Row():
        with gr.Column(scale=7, min_width=320):
            page.add("grid", SaliencyGrid(elem_id="grid"))
        with gr.Column(scale=4, min_width=320):
            page.add("canvas", WeightCanvas(elem_id="canvas"))
            page.add("histogram", Histogram(elem_id="histogram"))
    trust.build(page, _wire(page))


def _settings(page: Page) -> None:
    """Texts and estimator."""
    with gr.Accordion(LABELS("saliency.settings"), open=True):
        with gr.Row():
            for i in range(MAX_DONORS):
                with page.add(f"place{i}", gr.Column(elem_classes=["ob-gone"], min_width=220)):
                    _source(page, i)
        page.add("file_help", Note(elem_id="file-help"))
        page.add("estimator", gr.Radio([], label=LABELS("saliency.estimator"), elem_id="estimator"))
        page.add("estimator_note", Note())
    with gr.Row(elem_classes=["ob-middle"]):  # below the fold, where it is seen when that is closed
        with gr.Column(scale=3, min_width=300):
            page.add("source_warning", Note(elem_id="source-warning"))
            page.waits("compute")
        page.add(
            "compute",
            gr.Button(
                LABELS("saliency.compute"), variant="primary", min_width=210, scale=1,
                elem_id="compute", interactive=False,
            ),
        )  # fmt: skip


def _source(page: Page, i: int) -> None:
    source = page.add(f"source{i}", gr.Dropdown([], label="", elem_id=f"source{i}"))
    upload = page.add(
        f"file{i}",
        gr.File(
            label=LABELS("saliency.file"), file_types=list(TEXT_FILES), type="filepath",
            elem_classes=["ob-gone", "ob-upload"], height=130, elem_id=f"file{i}",
        ),
    )  # fmt: skip
    desk = page.desk

    def choose_source(session: Session, kind: object) -> None:
        texts = _tried(desk, session)
        spec = desk.state(session).spec
        if i >= len(spec.donors):
            raise Refused("error.no_donor")
        source = spec.donors[i].source
        kinds: dict[str, str | None] = {"self": "self", "none": None, "file": NO_FILE}
        if source.startswith("demo:"):
            kinds["bundled"] = source
        texts[i] = kinds[one_of(kind, list(kinds), "saliency.texts")]
        session.calibration = texts

    def upload_texts(session: Session, path: object) -> None:
        texts = _tried(desk, session)
        if i >= len(texts) or path is None:
            return
        kept = keep_upload(
            desk, path, TEXT_FILES, LARGEST, other="error.text_file", large="error.text_size"
        )
        texts[i] = str(kept)
        session.calibration = texts

    page.on(source.input, choose_source, [source])
    page.on(upload.upload, upload_texts, [upload])


def _wire(page: Page) -> Callable[..., None]:
    """Wire what is above the fold of trust; how the screen turns to another donor."""
    desk, boxes = page.desk, page.boxes

    def choose_estimator(session: Session, name: object) -> None:
        session.estimator = one_of(name, estimators(), "saliency.estimator")

    def compute_saliency(session: Session) -> None:
        compute(desk, session)

    def show_donor(session: Session, index: object) -> None:
        donors = desk.state(session).spec.donors
        session.donor = whole(index, 0, len(donors) - 1, "saliency.donor")
        if session.tensor is not None:
            open_cell(desk, session, session.tensor)

    def show_measure(session: Session, name: object) -> None:
        session.measure = one_of(name, MEASURES, "saliency.measure")

    def pick_cell(session: Session, sent: dict[str, Any]) -> None:
        open_cell(desk, session, sent.get("tensor"))

    page.on(boxes["estimator"].input, choose_estimator, [boxes["estimator"]])
    page.on(boxes["compute"].click, compute_saliency, named=True)
    page.on(boxes["donor"].input, show_donor, [boxes["donor"]], named=True)
    page.on(boxes["measure"].input, show_measure, [boxes["measure"]])
    page.on_event(boxes["grid"].pick, pick_cell)
    return show_donor
