"""The Models screen: choose a base and donors, see whether they fit."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import gradio as gr

from obim import Check, Donor, MergeSpec, forgetting, names
from ui.handlers import Desk, Idle
from ui.painting.settings import tried
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused
from ui.screens import hub
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import ModelCards, Note


def place(desk: Desk, ref: object, listed: Collection[str]) -> str:
    """A listed reference, or a typed folder inside the model roots.

    Args:
        listed: references that the page offers.

    Raises:
        Refused: neither; the sentence repeats what was typed and nothing of the disk.
    """
    typed = str(ref)[:80]
    if not isinstance(ref, str) or not ref or len(ref) > 4096 or "\0" in ref:
        raise Refused("error.folder", typed=typed)
    if ref in listed:
        return ref
    try:
        folder = Path(os.path.expanduser(ref)).resolve(strict=True)
    except (OSError, RuntimeError):
        raise Refused("error.folder", typed=typed) from None
    if not any(folder.is_relative_to(root.resolve()) for root in desk.roots):
        raise Refused("error.folder", typed=typed)
    if not folder.is_dir() or not any(folder.glob("*.safetensors")):
        raise Refused("error.no_model")
    return str(folder)


def _donors(refs: list[str], known: dict[str, Donor], labels: dict[str, str]) -> list[Donor]:
    """The donors of these references, each with a name of its own that no model has already."""
    taken = {"base", "merged", *names("merge_method")}
    picked = []
    for ref in refs:
        calibration = ref if ref.startswith("demo:") else "self"
        name = (labels.get(ref) or Path(ref).name)[:100]
        donor = known.get(ref) or Donor(name=name, source=ref, calibration=calibration)
        name = donor.name
        while name in taken:
            name += "+"
        taken.add(name)
        picked.append(donor.model_copy(update={"name": name}))
    return picked


def _same(desk: Desk, session: Session, base: object, refs: object) -> bool:
    """Whether the run that is shown has these models already."""
    state = desk.read(session)
    if state is None:
        return False
    return base == state.spec.base and refs == [donor.source for donor in state.spec.donors]


def choose(desk: Desk, session: Session, base: object, refs: object) -> None:
    """Check the models again, or begin a run with others; the other settings stay.

    Raises:
        Refused: no donor, too many, or a model that the page may not open.
    """
    if not isinstance(refs, list) or not refs:
        raise Refused("error.no_donor")
    if len(refs) > MAX_DONORS:
        raise Refused("error.many_donors", n=MAX_DONORS)
    labels = {choice.ref: choice.label for choice in desk.studio.models()}
    root = place(desk, base, labels)
    sources = [place(desk, ref, labels) for ref in refs]
    preset = (
        desk.studio.default_spec().donors if any(s.startswith("demo:") for s in sources) else ()
    )
    known = {donor.source: donor for donor in preset}
    before: dict[str, object] = {"rounds": 10}
    if _same(desk, session, root, sources):
        desk.submit(session, Check())
        return
    if session.run_id is not None:
        spec = tried(desk.state(session), session)
        known |= {donor.source: donor for donor in spec.donors}
        before = spec.model_dump()
    donors = _donors(sources, known, labels)
    rounds = min(int(str(before["rounds"])), 255 // len(donors))
    changed = {"base": root, "donors": tuple(donors), "rounds": rounds}
    desk.begin(session, MergeSpec.model_validate(before | changed))


def repick(desk: Desk, session: Session, base: object, refs: object) -> None:
    """Follow the boxes as they are filled and emptied.

    Raises:
        Idle: a pick that was put back, or half of one.
        Refused: see ``choose``.
    """
    before, session.emptied = session.emptied, not refs
    if base and refs and not _same(desk, session, base, refs):
        choose(desk, session, base, refs)
    elif session.emptied == before:
        raise Idle


def bring_back(desk: Desk, session: Session) -> None:
    """Show the example of a checkpoint that forgot, and list what it forgot.

    Raises:
        Refused: the demo isn't installed.
    """
    spec = forgetting()
    if spec is None:
        raise Refused("error.no_example")
    if not _same(desk, session, spec.base, [donor.source for donor in spec.donors]):
        desk.begin(session, spec)
    session.kind = "forgotten"


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
            check = page.add(
                "check", gr.Button(LABELS("models.check"), elem_id="check", interactive=False)
            )
            page.waits("check")
            page.add(
                "bring_back",
                gr.Button(
                    LABELS("models.bring_back"), size="sm", interactive=False, elem_id="bring-back"
                ),
            )
            page.add("bring_back_note", Note(elem_id="bring-back-note"))
            page.add("demo_note", Note(elem_id="demo-note"))
            hub.build(page)
        with gr.Column(scale=5, min_width=320):
            page.add("plan", Note(elem_id="plan"))
            page.add("needs", Note(elem_id="needs"))
            page.add("cards", ModelCards(elem_id="cards"))
    _wire(page, check, base, donors)


def _wire(page: Page, check: Any, base: Any, donors: Any) -> None:
    desk = page.desk

    def choose_models(session: Session, base_ref: object, donor_refs: object) -> None:
        choose(desk, session, base_ref, donor_refs)

    def choose_again(session: Session, base_ref: object, donor_refs: object) -> None:
        repick(desk, session, base_ref, donor_refs)

    def bring_back_forgotten(session: Session) -> None:
        bring_back(desk, session)

    def put_back(token: str) -> Any:
        """What was picked and can't be had gives way to the models that the cards show."""
        try:
            state = desk.read(desk.sessions.get(token))
        except ValueError:
            state = None
        if state is None:
            return gr.skip(), gr.skip()
        return state.spec.base, [donor.source for donor in state.spec.donors]

    picks = [page.on(check.click, choose_models, [base, donors], named=True)]
    for pick in (base.input, donors.change):  # a typed donor gives a change and no input
        picks.append(page.on(pick, choose_again, [base, donors], trigger_mode="always_last"))
    example = page.on(page.boxes["bring_back"].click, bring_back_forgotten, named=True)
    for then in (*(picked.failure for picked in picks), example.success):
        then(
            put_back, [page.token], [base, donors], api_visibility="private",
            show_progress="hidden", show_progress_on=page.token,
        )  # fmt: skip
