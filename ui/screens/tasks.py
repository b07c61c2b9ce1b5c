"""A task of lm-evaluation-harness on the Evaluate screen: its box and button."""

from pathlib import Path

import gradio as gr

from ui.handlers import Desk
from ui.refusals import Refused
from ui.screens.wiring import LABELS, Page, lead

LONGEST = 500


def named(desk: Desk, typed: object) -> str:
    """A task's name, or its YAML file inside the model roots: such a file can run code.

    Raises:
        Refused: it is neither; the sentence says nothing of the disk.
    """
    if not isinstance(typed, str) or not 0 < len(typed.strip()) <= LONGEST or "\0" in typed:
        raise Refused("error.task_name", n=LONGEST)
    path = Path(typed.strip()).expanduser()
    if path.suffix not in (".yaml", ".yml"):
        return typed.strip()
    path = path.resolve()
    if not path.is_file() or not any(path.is_relative_to(r.resolve()) for r in desk.roots):
        raise Refused("error.task_file", typed=typed.strip()[:80])
    return str(path)


def build(page: Page) -> None:
    """A benchmark of the field, for those who know its name."""
    lead("task.lead")
    with gr.Row(elem_classes=["ob-middle"]):
        box = gr.Textbox(
            label=LABELS("task.name"), max_length=LONGEST, scale=4, min_width=240,
            elem_id="task-name",
        )  # fmt: skip
        page.add("task_name", box)
        button = gr.Button(LABELS("task.run"), min_width=160, elem_id="task-run", interactive=False)
        page.add("task_run", button)
