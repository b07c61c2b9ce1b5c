"""The fold "Your own questions": upload a table, say what its columns hold, save it as a set."""

from pathlib import Path
from typing import Any

import gradio as gr

from obim import AddSet, Columns, ObimError, Preview, RemoveSet
from ui.handlers import Desk
from ui.painting.own_sets import NONE, judges, remove_button, save_button
from ui.refusals import Refused, one_of
from ui.screens.uploads import keep_upload
from ui.screens.wiring import LABELS, Page, lead
from ui.session import Session
from ui.widgets import ItemList, Note, SetList, Sheet

KINDS = (".csv", ".tsv", ".jsonl", ".xlsx")
LARGEST = 20 * 10**6
_LONGEST_NAME = 60
_PATIENCE = 120.0
"""Seconds: the worker may be between two long blocks of a job."""


def take_table(desk: Desk, session: Session, upload: object) -> None:
    """Look into an uploaded table, its columns guessed."""
    if upload is None:
        return
    name = Path(str(upload)).name
    kept = keep_upload(
        desk, upload, KINDS, LARGEST, other="error.table_file", large="error.table_size"
    )
    session.own = {
        "file": str(kept),
        "title": name,
        "name": Path(name).stem[:_LONGEST_NAME],
        "evaluator": "exact_match",
        "donor": NONE,
    }
    session.epoch += 1  # the name is the table's, whatever was typed for the one before
    _look(desk, session, None)


def _look(desk: Desk, session: Session, columns: Columns | None) -> None:
    """Have the worker read the table; the page says so meanwhile, and why if it can't."""
    own = session.own
    session.own = own | {"reading": True}  # another one: the follower may be painting the old
    session.revision += 1
    found: dict[str, Any] = {"preview": None, "failed": None, "reading": False}
    try:
        request = Preview(own["file"], columns, own["evaluator"])
        found["preview"] = desk.studio.read(desk.state(session).id, request, timeout=_PATIENCE)
    except ObimError as error:
        found["failed"] = error
        raise
    finally:
        session.own = own | found


def _mapped(session: Session) -> dict[str, Any]:
    """What is known of the table.

    Raises:
        Refused: there is none.
    """
    if session.own.get("preview") is None:
        raise Refused("own.empty")
    return session.own


def map_columns(desk: Desk, session: Session, values: list[Any]) -> None:
    """Take over what the controls say: prompt, answer, choices, id, judge, whose skill."""
    own = _mapped(session)
    prompt, answer, choices, row_id, judge, donor = values
    names = own["preview"]["columns"]
    optional = [NONE, *names]
    chosen = choices if isinstance(choices, list) else []
    columns = Columns(
        answer=one_of(answer, [*names, own["preview"]["mapping"].answer], "own.answer"),
        prompt=one_of(prompt, optional, "own.prompt") or None,
        choices=tuple(one_of(name, names, "own.choices") for name in chosen),
        id=one_of(row_id, optional, "own.id") or None,
    )
    sources = [given.source for given in desk.state(session).spec.donors]
    whose = one_of(donor, [NONE, *sources], "own.donor")
    judge = one_of(judge, judges(own["preview"]), "own.judge")
    session.own = own | {"evaluator": judge, "donor": whose}
    if (columns, judge) != (own["preview"]["mapping"], own["evaluator"]):
        _look(desk, session, columns)


def save(desk: Desk, session: Session, typed: object) -> None:
    """Save the table as a set; one of the same name goes when the button is pressed again."""
    own = _mapped(session)
    name = typed.strip() if isinstance(typed, str) else ""
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise Refused("error.set_name", n=_LONGEST_NAME)
    session.own = own | {"name": name}
    taken = name in [saved.name for saved in desk.studio.own_sets()]
    if taken and not session.confirms(save_button(name)):
        return
    columns = own["preview"]["mapping"]
    donor = own["donor"] or None
    desk.submit(session, AddSet(own["file"], columns, own["evaluator"], name, donor, taken))
    session.own = {"saved": name}


def remove(desk: Desk, session: Session, skill: object) -> None:
    """Delete a saved set when its button is pressed again."""
    known = one_of(skill, [saved.id for saved in desk.studio.own_sets()], "own.list")
    if session.confirms(remove_button(known)):
        desk.submit(session, RemoveSet(known))


def build(page: Page) -> None:
    """Lay out and wire the fold."""
    with page.add("own_fold", gr.Accordion(LABELS("own.heading"), open=True, elem_id="own-fold")):
        lead("own.lead")
        page.add("own_sets", SetList(elem_id="own-sets"))
        upload = gr.File(
            label=LABELS("own.file"), file_types=list(KINDS), type="filepath", height=130,
            elem_id="own-file", elem_classes=["ob-upload"],
        )  # fmt: skip
        page.add("own_sheet", Sheet(elem_id="own-sheet"))
        with page.add("own_form", gr.Column(elem_classes=["ob-gone"], elem_id="own-form")):
            controls, name = _form(page)
            page.add("own_counts", Note(elem_id="own-counts"))
            page.add("own_problems", Note(elem_id="own-problems"))
            page.add("own_prompts", ItemList(elem_id="own-prompts"))
            button = gr.Button(LABELS("own.save"), variant="primary", elem_id="own-save")
            page.add("own_save", button)
    _wire(page, upload, controls, name)


def _form(page: Page) -> tuple[list[Any], Any]:
    """The controls that say what the columns hold, and the box with the name."""

    def choice(name: str, key: str, **more: Any) -> Any:
        box = gr.Dropdown(
            [], label=LABELS(key), min_width=170, elem_id=name.replace("_", "-"), **more
        )
        return page.add(name, box)

    with gr.Row():
        columns = [choice("own_prompt", "own.prompt"), choice("own_answer", "own.answer")]
        columns.append(choice("own_choices", "own.choices", multiselect=True))
        columns.append(choice("own_id", "own.id"))
    with gr.Row():
        judge = choice("own_judge", "own.judge", info=" ")
        donor = choice("own_donor", "own.donor", info=LABELS("own.donor_info"))
        name = gr.Textbox(
            label=LABELS("own.name"), info=LABELS("own.name_info"), max_length=_LONGEST_NAME,
            min_width=170, elem_id="own-name",
        )  # fmt: skip
        page.add("own_name", name)
    return [*columns, judge, donor], name


def _wire(page: Page, upload: Any, controls: list[Any], name: Any) -> None:
    desk, boxes = page.desk, page.boxes

    def upload_table(session: Session, path: object) -> None:
        take_table(desk, session, path)

    def set_columns(session: Session, *values: Any) -> None:
        map_columns(desk, session, list(values))

    def save_set(session: Session, typed: object) -> None:
        save(desk, session, typed)

    def remove_set(session: Session, sent: dict[str, Any]) -> None:
        remove(desk, session, sent.get("id"))

    taken = page.on(upload.upload, upload_table, [upload], named=True)
    taken.then(None, None, [upload], js="() => null", api_visibility="private")  # for the next one
    page.on_any(controls, set_columns)
    page.on(boxes["own_save"].click, save_set, [name], named=True)
    page.on_event(boxes["own_sets"].remove, remove_set)
