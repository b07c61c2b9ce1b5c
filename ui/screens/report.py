"""The report on the Export screen: its language, and the button that saves it."""

import secrets
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr

from obim import read_origins
from ui.handlers import Desk
from ui.i18n import LANGUAGES
from ui.painting.rules import gates_of
from ui.refusals import one_of
from ui.screens.wiring import LABELS, Page, heading, lead
from ui.session import Session
from ui.widgets import Note

_FETCH = """(file) => { if (file && file.url) {
  const link = document.createElement("a");
  link.href = file.url; link.download = file.orig_name;
  document.body.append(link); link.click(); link.remove();
} }"""
"""Hands what the server wrote to the browser's downloads."""


def save_report(desk: Desk, session: Session, lang: str, folder: Path) -> Path:
    """Write the report of the run that is shown, as it stands now.

    Raises:
        Refused: no run yet.
    """
    from ui.reporting import file_name, write_report  # pandas and plotly: where they are needed

    state = desk.state(session)
    rules, today = gates_of(state, session).rules, date.today().isoformat()
    text = write_report(state, read_origins(state.spec), lang, today, rules)
    path = folder / file_name(state, lang)
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")  # another tab may be saving it, too
    part.write_text(text, encoding="utf-8", newline="\n")
    return part.replace(path)


def build(page: Page) -> None:
    """Lay out and wire the section."""
    keeper = tempfile.TemporaryDirectory(prefix="obim-reports-")  # gone when the server ends
    heading("report.heading")
    lead("report.lead")
    page.add("report_note", Note(elem_id="report-note"))
    with gr.Row(elem_classes=["ob-middle"]):
        chosen = gr.Radio(
            [("English", "en"), ("日本語", "ja")], value="en", label=LABELS("report.language"),
            elem_id="report-lang",
        )  # fmt: skip
        page.add("report_lang", chosen)
        button = gr.Button(
            LABELS("report.save"), variant="primary", scale=0, min_width=240, elem_id="report-save"
        )
        page.add("report_save", button)
    made = gr.DownloadButton(visible="hidden", elem_id="report-file")

    def write(token: str, lang: object) -> Any:
        found: list[Path] = []

        def act(session: Session) -> None:
            one = one_of(lang, LANGUAGES, "report.language")
            found.append(save_report(page.desk, session, one, Path(keeper.name)))

        page.desk.guard(act)(token)
        return str(found[0]) if found else gr.skip()

    button.click(
        write, [page.token, chosen], [made], api_name="save_report",
        api_visibility="undocumented", show_progress="hidden", show_progress_on=page.token,
    ).success(None, [made], None, js=_FETCH)  # fmt: skip
