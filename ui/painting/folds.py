"""Which sections of the Interference screen are unfolded. Pure."""

from typing import Any

from ui.session import Session

FOLDS = ("pairs", "inside", "owners", "what_if", "orders")
"""The sections from above; the first one is open at first."""


def is_unfolded(session: Session, fold: str) -> bool:
    """Whether a section is open, so that what it shows is to be looked up."""
    return session.folds.get(fold, fold == FOLDS[0])


def paint(session: Session) -> dict[str, Any]:
    """The folds, which the user opens and closes, too: see `ui.views.changes`."""
    return {f"fold_{name}": {"open": is_unfolded(session, name)} for name in FOLDS}
