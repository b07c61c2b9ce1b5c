"""The fold of the Models screen for a model of the hub: look it up, then download it."""

import gradio as gr

from obim import Download, LookUp
from ui.handlers import Desk
from ui.refusals import Refused
from ui.screens.wiring import LABELS, Page
from ui.session import Session
from ui.widgets import Note

_LONGEST = 300
"""Characters of a name in the hub with its revision."""


def _typed(model: object) -> str:
    if not isinstance(model, str) or not 0 < len(model.strip()) <= _LONGEST:
        raise Refused("error.hub_name")
    return model.strip()


def look_up(desk: Desk, session: Session, model: object) -> None:
    """Ask the hub what a model takes; what is wrong with its name, the job says.

    Raises:
        Refused: nothing was typed, or far too much.
    """
    desk.submit(session, LookUp(_typed(model)))


def fetch(desk: Desk, session: Session, model: object) -> None:
    """Download a model of the hub that was looked up.

    Raises:
        Refused: nothing was typed, or far too much; what it takes was not told, or is not there.
    """
    typed = _typed(model)
    outlook = desk.state(session).outlook
    name = typed.removeprefix("hub:").removesuffix("@main")
    if outlook is None or outlook.due[0].name != name:
        raise Refused("error.hub_look", name=name)
    if not outlook.enough_disk:
        raise Refused("error.hub_room", name=name)
    desk.submit(session, Download(typed))


def build(page: Page) -> None:
    """Lay out and wire the fold."""
    with page.add("hub_fold", gr.Accordion(LABELS("models.hub"), open=True)):
        model = gr.Textbox(
            label=LABELS("models.hub_name"), info=LABELS("models.hub_info"),
            placeholder="org/name", max_length=_LONGEST, elem_id="hub-name",
        )  # fmt: skip
        look = page.add(
            "look_up", gr.Button(LABELS("hub.look_up"), interactive=False, elem_id="hub-look-up")
        )
        page.add("outlook", Note(elem_id="hub-outlook"))
        button = page.add(
            "fetch", gr.Button(LABELS("models.hub_fetch"), interactive=False, elem_id="hub-fetch")
        )
        page.add("hub_note", Note(elem_id="hub-note"))

    def look_model_up(session: Session, typed: object) -> None:
        look_up(page.desk, session, typed)

    def fetch_model(session: Session, typed: object) -> None:
        fetch(page.desk, session, typed)

    page.on(look.click, look_model_up, [model], named=True)
    page.on(model.submit, look_model_up, [model])
    page.on(button.click, fetch_model, [model], named=True)
