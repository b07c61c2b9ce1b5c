"""The look inside one tensor on the Interference screen: choice of tensor, picture, zoom."""

from typing import Any

import gradio as gr

from obim import RunState
from ui.handlers import Desk
from ui.painting import questions
from ui.painting.inside import VIEWS
from ui.refusals import Refused, one_of, whole
from ui.screens.asking import look_up
from ui.screens.wiring import LABELS, Page, lead
from ui.session import Session
from ui.widgets import OverlapHistogram, TensorPicture


def open_inside(desk: Desk, session: Session, tensor: object) -> None:
    """Open a tensor here and on the Saliency screen."""
    there = [entry.tensor for entry in questions.tensors(desk.state(session))]
    name = one_of(tensor, there, "inside.tensor")
    if name != session.tensor:
        session.tensor, session.cell, session.window = name, None, None


def zoom(session: Session, sent: dict[str, Any]) -> None:
    """Show a window of the open tensor."""
    box, held = sent.get("window"), session.inside or {}
    if not isinstance(box, list) or len(box) != 4 or "shape" not in held:
        raise Refused("inside.no_window")
    height, width = held["shape"]
    top, left = (
        whole(box[0], 0, height - 1, "inside.rows"),
        whole(box[2], 0, width - 1, "inside.columns"),
    )
    bottom = whole(box[1], top + 1, height, "inside.rows")
    right = whole(box[3], left + 1, width, "inside.columns")
    session.window = {"tensor": held["tensor"], "box": [top, bottom, left, right]}


def look_inside(desk: Desk, session: Session, state: RunState | None) -> None:
    """Ask for what the picture is to show; an answer that came too late is dropped."""
    told = look_up(desk, session, state, questions.inside)
    if told is not None:
        session.inside = told


def build(page: Page) -> None:
    """Lay out and wire the section."""
    lead("inside.what")
    with gr.Row():
        tensor = page.add(
            "inside_tensor",
            gr.Dropdown([], label=LABELS("inside.tensor"), min_width=260, scale=2,
                        elem_id="inside-tensor"),
        )  # fmt: skip
        view = page.add(
            "inside_view",
            gr.Radio([], label=LABELS("inside.view"), min_width=300, scale=3,
                     elem_id="inside-view"),
        )  # fmt: skip
    with gr.Row():
        with gr.Column(scale=7, min_width=320):
            picture = page.add("inside_picture", TensorPicture(elem_id="inside-picture"))
        with gr.Column(scale=4, min_width=320):
            page.add("inside_histogram", OverlapHistogram(elem_id="inside-histogram"))
    desk = page.desk

    def choose_tensor(session: Session, name: object) -> None:
        open_inside(desk, session, name)

    def choose_view(session: Session, name: object) -> None:
        session.view = one_of(name, VIEWS, "inside.view")

    def zoom_inside(session: Session, sent: dict[str, Any]) -> None:
        zoom(session, sent)

    page.on(tensor.input, choose_tensor, [tensor], named=True)
    page.on(view.input, choose_view, [view], named=True)
    page.on_event(picture.zoom, zoom_inside)
