"""The sections of the Interference screen as folds; what is in them is said elsewhere."""

from typing import Any

import gradio as gr

from ui.painting.folds import FOLDS, is_unfolded
from ui.screens.wiring import LABELS, Page
from ui.session import Session


def fold(page: Page, name: str) -> Any:
    """A section that folds; its title asks what the section answers.

    It is mounted open, since Gradio mounts nothing in a fold that was never open; the first paint
    closes it.
    """
    label = LABELS(f"explore.fold.{name}")
    shape = {"elem_id": f"fold-{name.replace('_', '-')}", "elem_classes": ["ob-fold"]}
    box = page.add(f"fold_{name}", gr.Accordion(label, open=True, **shape))

    def opened(session: Session) -> None:
        session.folds = {**session.folds, name: True}

    def closed(session: Session) -> None:
        session.folds = {**session.folds, name: False}

    for act in (opened, closed):
        act.__name__ += f"_{name}"
    page.on(box.expand, opened)
    page.on(box.collapse, closed)
    return box


def jumps() -> None:
    """A button a section, which opens it and goes there: what there is, seen at once."""
    with gr.Row(elem_classes=["ob-buttons", "ob-jumps"]):
        for name in FOLDS:
            button = gr.Button(LABELS(f"explore.jump.{name}"), size="sm", min_width=110)
            place = f"fold-{name.replace('_', '-')}"
            button.click(
                None, js=f"() => {{ window.OB.goTo('{place}'); }}", api_visibility="private"
            )


def unfold(session: Session, name: str) -> None:
    """Open a section, since what the user chose elsewhere is shown in it."""
    if not is_unfolded(session, name):
        session.folds = {**session.folds, name: True}
        session.epoch += 1
