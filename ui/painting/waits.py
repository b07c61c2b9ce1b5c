"""What buttons that are grey wait for: one sentence beside each, the same on all screens."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.wording import note
from ui.session import Session

BUTTONS = (
    "check", "compute", "trust_run", "size_run", "compare", "turns", "evaluate", "tune", "switch",
    "write",
)  # fmt: skip
"""Buttons that start long work, or the row of them; each screen places the note ``NAME_waits``."""


def _why(state: RunState | None, session: Session, button: str) -> str:
    """Why a button is grey, empty where it isn't or another sentence says so."""
    lang = session.lang
    if state is None or (button == "compare" and not _compares(state)):
        return ""
    if busy(state) and state.job is not None:
        return t(lang, "waits.until", what=t(lang, f"waits.{state.job.kind}"))
    if button == "turns" and 0 < state.spec.turns <= state.turn:
        return t(lang, "waits.all_turns", n=state.turn)
    return ""


def _compares(state: RunState) -> bool:
    """Whether anything is left to compare donors for."""
    found = state.interference
    return len(state.spec.donors) > 1 and not (found is not None and found.done)


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The notes of all such buttons."""
    return {f"{name}_waits": note([_why(state, session, name)], "quiet") for name in BUTTONS}
