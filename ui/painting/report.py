"""What is said about the report before it is saved: what it will lack."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.wording import names, note
from ui.session import Session


def _lacking(state: RunState) -> list[str]:
    """Keys of what the run doesn't have yet."""
    if not state.turn:
        return ["merge"]
    mine = [s for s in state.scores if s.model == "merged" and s.turn == state.turn]
    found = [] if any(not s.quick for s in mine) else ["full" if mine else "scores"]
    if state.interference is None or not state.interference.done:
        found.append("interference")
    if not any(done.turn == state.turn for done in state.exports):
        found.append("export")
    return found


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The section on the Export screen."""
    lang, ready = session.lang, state is not None
    lacking = [t(lang, f"report.lacks.{key}") for key in _lacking(state)] if state else []
    said = t(lang, "report.lacks", what=names(lang, lacking)) if lacking else ""
    return {
        "report_note": note([said or t(lang, "report.complete")] if ready else [], "quiet"),
        "report_lang": {"value": lang},
        "report_save": {"interactive": ready},
    }
