"""The donor order explorer: owner maps and scores of all orders."""

import gradio as gr

from obim import ScoreOrders, TryOrders
from ui.painting.orders import fixed
from ui.painting.what_if import supposed
from ui.screens.what_if import ready
from ui.screens.wiring import Page, lead
from ui.session import Session
from ui.widgets import Note, ScoreDots, ScoreTable


def build(page: Page) -> None:
    """Lay out and wire the section."""
    lead("orders.what")
    with gr.Row(elem_classes=["ob-buttons", "ob-stacked"]):
        for name in ("or_try", "or_try_other", "or_score"):
            page.add(
                name,
                gr.Button("", min_width=220, elem_id=name.replace("_", "-"), interactive=False),
            )
    page.add("or_words", Note(elem_id="or-words"))
    page.add("or_table", ScoreTable(elem_id="or-table"))
    page.add("or_dots", ScoreDots(elem_id="or-dots"))
    page.add("or_verdict", Note(elem_id="or-verdict"))
    _wire(page)


def _wire(page: Page) -> None:
    desk, boxes = page.desk, page.boxes

    def try_orders(session: Session) -> None:
        desk.submit(session, TryOrders(supposed(ready(desk, session), session)))

    def try_other_rotation(session: Session) -> None:
        spec = supposed(ready(desk, session), session)
        desk.submit(session, TryOrders(fixed(spec, not spec.rotate)))

    def score_orders(session: Session) -> None:
        state = ready(desk, session)
        skills = tuple(skill.id for skill in state.skills)
        desk.submit(session, ScoreOrders(supposed(state, session), skills))

    page.on(boxes["or_try"].click, try_orders, named=True)
    page.on(boxes["or_try_other"].click, try_other_rotation, named=True)
    page.on(boxes["or_score"].click, score_orders, named=True)
