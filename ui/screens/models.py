"""The Models screen: choose a base and donors, see whether they fit."""

import os
from pathlib import Path

import gradio as gr

from obim import Check, Donor, MergeSpec
from ui.handlers import Desk, Refused
from ui.i18n import t
from ui.painting.wording import MAX_DONORS
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import ModelCards, Note


def place(desk: Desk, ref: object, lang: str) -> str:
    """A listed reference, or a typed folder inside the model roots.

    Raises:
        Refused: neither; the sentence repeats no path.
    """
    if not isinstance(ref, str) or not ref or len(ref) > 4096 or "\0" in ref:
        raise Refused(t(lang, "error.folder"))
    if ref in {choice.ref for choice in desk.studio.models()}:
        return ref
    try:
        folder = Path(os.path.expanduser(ref)).resolve(strict=True)
    except (OSError, RuntimeError):
        raise Refused(t(lang, "error.folder")) from None
    if not any(folder.is_relative_to(root.resolve()) for root in desk.roots):
        raise Refused(t(lang, "error.folder"))
    if not folder.is_dir() or not any(folder.glob("*.safetensors")):
        raise Refused(t(lang, "error.no_model"))
    return str(folder)


def _spec(desk: Desk, session: Session, base: object, donors: object) -> MergeSpec:
    if not isinstance(donors, list) or not donors:
        raise Refused(t(session.lang, "error.no_donor"))
    if len(donors) > MAX_DONORS:
        raise Refused(t(session.lang, "error.many_donors", n=MAX_DONORS))
    root = place(desk, base, session.lang)
    refs = [place(desk, ref, session.lang) for ref in donors]
    labels = {choice.ref: choice.label for choice in desk.studio.models()}
    known = {}
    if any(ref.startswith("demo:") for ref in refs):
        known = {donor.source: donor for donor in desk.studio.default_spec().donors}
    if session.run_id is not None:
        known |= {donor.source: donor for donor in desk.state(session).spec.donors}
    picked, names = [], set[str]()
    for ref in refs:
        donor = known.get(ref)
        name = donor.name if donor else (labels.get(ref) or Path(ref).name)[:100]
        while name in names:
            name += "+"
        names.add(name)
        if donor is None:
            calibration = ref if ref.startswith("demo:") else "self"
            donor = Donor(name=name, source=ref, calibration=calibration)
        picked.append(donor.model_copy(update={"name": name}))
    rounds = min(10, 255 // len(picked))
    return MergeSpec(base=root, donors=tuple(picked), rounds=rounds)


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            heading("models.heading")
            base = page.add(
                "base",
                gr.Dropdown(
                    [], label=LABELS("models.base"), info=LABELS("models.base_info"),
                    allow_custom_value=True, elem_id="base",
                ),
            )  # fmt: skip
            donors = page.add(
                "donors",
                gr.Dropdown(
                    [], multiselect=True, label=LABELS("models.donors"),
                    info=LABELS("models.donors_info"), allow_custom_value=True,
                    max_choices=MAX_DONORS, elem_id="donors",
                ),
            )  # fmt: skip
            check = page.add("check", gr.Button(LABELS("models.check"), elem_id="check"))
            page.add("demo_note", Note(elem_id="demo-note"))
        with gr.Column(scale=5, min_width=320):
            page.add("plan", Note(elem_id="plan"))
            page.add("cards", ModelCards(elem_id="cards"))
    desk = page.desk

    def choose_models(session: Session, base_ref: object, donor_refs: object) -> None:
        spec = _spec(desk, session, base_ref, donor_refs)
        session.show(desk.studio.create(spec))
        desk.submit(session, Check())

    def choose_again(session: Session, base_ref: object, donor_refs: object) -> None:
        choose_models(session, base_ref, donor_refs)

    page.on(check.click, choose_models, [base, donors], named=True)
    for box in (base, donors):
        page.on(box.input, choose_again, [base, donors])
