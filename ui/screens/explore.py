"""The Interference screen: where donors fight over weights, before the merge and after."""

from typing import Any

import gradio as gr

from obim import Explore
from ui.handlers import Desk
from ui.painting.explore import ALL
from ui.painting.facets import FACETS, pairs_of
from ui.painting.folds import FOLDS
from ui.refusals import one_of, whole
from ui.screens import inside, orders, owners, what_if
from ui.screens.folds import fold, jumps, unfold
from ui.screens.wiring import LABELS, Page, heading, lead
from ui.session import Session
from ui.widgets import DonorMatrix, FindingList, Note, SaliencyGrid


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    lead("explore.what")
    jumps()
    builders = (_comparison, inside.build, owners.build, what_if.build, orders.build)
    for name, make in zip(FOLDS, builders, strict=True):
        with fold(page, name):
            make(page)


def _comparison(page: Page) -> None:
    """Donors compared: matrix, list, heatmap."""
    with gr.Row(elem_classes=["ob-middle"]):
        page.add(
            "compare",
            gr.Button(
                LABELS("explore.compare"), variant="primary", min_width=210, scale=0,
                elem_id="compare", interactive=False,
            ),
        )  # fmt: skip
        with gr.Column(min_width=260):
            page.add("compare_note", Note(elem_id="compare-note"))
            page.waits("compare")
    with page.add("compared", gr.Column(elem_classes=["ob-gone"])):
        _pictures(page)
    _wire(page)


def _pictures(page: Page) -> None:
    """Matrix, list and heatmap of one figure."""
    page.add("facet", gr.Radio([], label=LABELS("explore.shows"), elem_id="facet"))
    page.add("facet_note", Note(elem_id="facet-note"))
    with gr.Row(elem_id="pairs"):
        with gr.Column(scale=6, min_width=320):
            heading("explore.matrix")
            page.add("matrix", DonorMatrix(elem_id="matrix"))
        with gr.Column(scale=5, min_width=320):
            heading("explore.findings")
            page.add("contests", FindingList(elem_id="contests"))
    heading("explore.places")
    page.add("pair", gr.Dropdown([], label=LABELS("explore.pair"), elem_id="pair"))
    page.add("interference_grid", SaliencyGrid(elem_id="interference-grid"))


def show_tensor(session: Session, tensor: str) -> None:
    """Turn to a tensor; the look inside it, also that of the Saliency screen, follows."""
    unfold(session, "inside")
    if session.tensor != tensor:
        session.tensor, session.cell = tensor, None


def pick_pair(desk: Desk, session: Session, pair: object) -> None:
    """Show one pair of donors, given as its two indices."""
    pairs = [list(known) for known in pairs_of(desk.state(session))]
    session.pair = one_of(pair, pairs, "explore.pair")


def pick_place(desk: Desk, session: Session, tensor: object) -> None:
    """Turn to a tensor that was compared."""
    found = desk.state(session).interference
    show_tensor(session, one_of(tensor, list(found.cells) if found else [], "explore.tensor"))


def pick_finding(desk: Desk, session: Session, index: object) -> None:
    """Show the pair of a finding, and turn to the tensor that counts most in it."""
    found = desk.state(session).interference
    there = found.findings if found is not None else []
    one = there[whole(index, 0, len(there) - 1, "explore.findings")]
    session.pair = list(one.pair)
    show_tensor(session, one.strongest)


def _wire(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def compare_donors(session: Session) -> None:
        desk.submit(session, Explore())

    def show_facet(session: Session, name: object) -> None:
        session.facet = one_of(name, FACETS, "explore.shows")

    def show_pair(session: Session, chosen: object) -> None:
        if chosen == ALL:
            session.pair = None
        else:
            pick_pair(desk, session, [int(k) for k in str(chosen).split(",") if k.isdecimal()])

    def pick_in_matrix(session: Session, sent: dict[str, Any]) -> None:
        pick_pair(desk, session, sent.get("pair"))

    def pick_in_grid(session: Session, sent: dict[str, Any]) -> None:
        pick_place(desk, session, sent.get("tensor"))

    def pick_in_list(session: Session, sent: dict[str, Any]) -> None:
        pick_finding(desk, session, sent.get("index"))

    page.on(boxes["compare"].click, compare_donors, named=True)
    page.on(boxes["facet"].input, show_facet, [boxes["facet"]])
    page.on(boxes["pair"].input, show_pair, [boxes["pair"]])
    page.on_event(boxes["matrix"].pick, pick_in_matrix)
    page.on_event(boxes["interference_grid"].pick, pick_in_grid)
    page.on_event(boxes["contests"].pick, pick_in_list)
