"""What a widget's save buttons are called, and the names of the files they write."""

from typing import Any

from obim import RunState
from ui.i18n import t


def saving(lang: str, state: RunState, what: str, file: str) -> dict[str, Any]:
    """The part ``save`` of a widget's value.

    Args:
        what: is saved, for screen readers.
        file: the part of the files' name behind the run's, plain ASCII.
    """
    return {"label": t(lang, "save.label"), "what": what, "file": f"{state.id}-{file}"}


def columns(lang: str, *keys: str) -> list[str]:
    """Heads of a saved table."""
    return [t(lang, f"save.column.{key}") for key in keys]
