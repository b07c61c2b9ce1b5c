"""The Export screen: name, number format, file size; then the result."""

import re
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from obim import Export, RunState
from ui.refusals import Refused, one_of
from ui.screens import report
from ui.screens.wiring import LABELS, Page, heading
from ui.session import Session
from ui.widgets import Note, ResultBox

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SHARDS = (100_000_000, 1_000_000_000, 2_000_000_000, 5_000_000_000)
DTYPES: tuple[Literal["bfloat16", "float16", "float32"], ...] = ("bfloat16", "float16", "float32")

FIRST = "obim-merge"
"""The name that is offered before anything was exported."""


def free_name(exports: Path, state: RunState | None) -> str:
    """The name of the run's last export, with the next number that no folder has."""
    last = state.exports[-1].name if state is not None and state.exports else FIRST
    stem, free, number = re.sub(r"-[0-9]{1,4}$", "", last)[:59], last, 1
    while (exports / free).exists():
        number += 1
        free = f"{stem}-{number}"
    return free


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            heading("export.heading")
            inputs = _form(page)
        with gr.Column(scale=4, min_width=320):
            page.add("result", ResultBox(elem_id="result"))
    report.build(page)
    desk = page.desk

    def export_model(
        session: Session, folder: object, number: object, largest: object, whose: object
    ) -> None:
        if not isinstance(folder, str) or not NAME.fullmatch(folder) or ".." in folder:
            raise Refused("error.name")
        size = one_of(largest, SHARDS, "export.shard")
        written = one_of(number, DTYPES, "merge.dtype")
        with_map = one_of(whose, (True, False), "export.owner_map")
        desk.submit(session, Export(folder, written, size, with_map))

    page.on(page.boxes["write"].click, export_model, inputs, named=True)


def _form(page: Page) -> list[Any]:
    """Name, dtype, shard size, map of owners; what there is to know before; the button."""
    name = page.add(
        "export_name",
        gr.Textbox(
            label=LABELS("export.name"), info=LABELS("export.name_info"), max_length=64,
            elem_id="export-name",
        ),
    )  # fmt: skip
    dtype = page.add(
        "export_dtype", gr.Radio(list(DTYPES), value="bfloat16", label=LABELS("merge.dtype"))
    )
    sizes = [(f"{n / 10**9:g} GB", n) for n in SHARDS]
    shard = gr.Dropdown(sizes, value=SHARDS[-1], label=LABELS("export.shard"))
    owners = page.add(
        "owner_map", gr.Checkbox(True, label=LABELS("export.owner_map"), elem_id="owner-map")
    )
    page.add("export_turn", Note(elem_id="export-turn"))
    page.add("export_warnings", Note(elem_id="export-warnings"))
    write = gr.Button(LABELS("export.write"), variant="primary", elem_id="write", interactive=False)
    page.add("write", write)
    page.waits("write")
    return [name, dtype, shard, owners]
