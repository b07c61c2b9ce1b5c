"""Who owns what, on the Interference screen: which view, which heads, and a cell's way inside."""

from typing import Any

import gradio as gr

from obim import RunState
from ui.handlers import Desk
from ui.painting import questions
from ui.painting.owner_tables import kind_of
from ui.painting.owners import KINDS, VIEWS
from ui.refusals import one_of, whole
from ui.screens.asking import look_up
from ui.screens.folds import unfold
from ui.screens.inside import open_inside
from ui.screens.wiring import LABELS, Page, lead
from ui.session import Session
from ui.widgets import Note, Occupancy, SaliencyGrid, Sheet


def count_owners(desk: Desk, session: Session, state: RunState | None) -> None:
    """Have the owner map counted at the turn that is shown."""
    told = look_up(desk, session, state, questions.owners)
    if told is not None:
        session.owned = told


def open_head(desk: Desk, session: Session, cell: object) -> None:
    """Look inside the rows or columns of one attention head."""
    kind = kind_of(session) or {"layers": []}
    heads = {
        f"{layer['tensor']}#{h}": (layer, lines)
        for layer in kind["layers"]
        for h, lines in enumerate(layer["lines"])
    }
    layer, lines = heads[one_of(cell, list(heads), "owners.view.head")]
    unfold(session, "inside")
    open_inside(desk, session, layer["tensor"])
    session.view = "got"
    across = layer["size"] // (lines[1] - lines[0])
    box = [*lines, 0, across] if layer["axis"] == 0 else [0, across, *lines]
    session.window = {"tensor": layer["tensor"], "box": box}


def build(page: Page) -> None:
    """Lay out and wire the section."""
    lead("owners.what")
    view = page.add("owners_view", gr.Radio([], label=LABELS("owners.view"), elem_id="owners-view"))
    page.add("owners_facts", Note(elem_id="owners-facts"))
    with page.add("owners_choice", gr.Column(elem_classes=["ob-gone"])), gr.Row():
        kind = page.add(
            "owners_kind", gr.Radio([], label=LABELS("owners.kind"), min_width=260,
                                    elem_id="owners-kind"),
        )  # fmt: skip
        part = page.add(
            "owners_part", gr.Radio([], label=LABELS("owners.donor"), min_width=260,
                                    elem_id="owners-part"),
        )  # fmt: skip
    made = {
        "owners_layers": Occupancy, "owners_modules": Occupancy, "owners_heads": SaliencyGrid,
        "owners_donors": SaliencyGrid, "owners_turns": Sheet,
    }  # fmt: skip
    looks = {
        "owners_modules": "ob-upright",
        "owners_donors": "ob-named-rows",
        "owners_turns": "ob-long",
    }
    for name, widget in made.items():
        with page.add(f"{name}_box", gr.Column(elem_classes=["ob-gone"])):
            classes = [looks[name]] if name in looks else []
            page.add(name, widget(elem_id=name.replace("_", "-"), elem_classes=classes))
    _wire(page, view, kind, part)


def _wire(page: Page, view: Any, kind: Any, part: Any) -> None:
    desk = page.desk

    def choose_owners(session: Session, name: object) -> None:
        session.owners = one_of(name, VIEWS, "owners.view")

    def choose_heads(session: Session, name: object) -> None:
        session.heads = one_of(name, KINDS, "owners.kind")

    def choose_part(session: Session, index: object) -> None:
        last = len(desk.state(session).spec.donors) - 1
        chosen = whole(index, -1, last, "owners.donor")
        session.part = None if chosen < 0 else chosen

    def pick_head(session: Session, sent: dict[str, Any]) -> None:
        open_head(desk, session, sent.get("tensor"))

    page.on(view.input, choose_owners, [view], named=True)
    page.on(kind.input, choose_heads, [kind])
    page.on(part.input, choose_part, [part])
    page.on_event(page.boxes["owners_heads"].pick, pick_head)
