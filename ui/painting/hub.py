"""The fold with a model of the hub: what it takes, told before it is downloaded."""

from typing import Any

from obim import Outlook, RunState
from ui.i18n import said, t
from ui.painting.frame import busy
from ui.painting.wording import duration, names, note, size
from ui.session import Session


def _merge(lang: str, outlook: Outlook) -> list[str]:
    """Whether the models fit, and what merging them takes."""
    if not outlook.fits:
        reasons = [f"{name}: {said(lang, problem)}" for name, problem in outlook.problems]
        return [t(lang, "hub.fits_not"), *reasons]
    lines = [t(lang, "hub.fits")]
    lines += [f"{name}: {said(lang, warning)}" for name, warning in outlook.warnings]
    needs = outlook.needs
    if needs is None:
        return lines
    sizes = {"memory": size(needs.memory), "disk": size(needs.disk)}
    if needs.seconds is None:
        lines.append(t(lang, "hub.needs_sizes", **sizes))
    else:
        lines.append(t(lang, "hub.needs", time=duration(lang, needs.seconds), **sizes))
    if needs.measuring:
        lines.append(t(lang, "models.needs_texts", time=duration(lang, needs.measuring)))
    if not needs.enough_memory:
        lines.append(t(lang, "models.needs_memory", free=size(needs.memory_free)))
    return lines


def _outlook(lang: str, outlook: Outlook) -> dict[str, Any]:
    first, others = outlook.due[0], outlook.due[1:]
    sizes = {"name": first.name, "missing": size(first.missing), "total": size(first.total)}
    lines = [t(lang, "hub.size" if first.missing else "hub.whole", **sizes)]
    if others:
        named = names(lang, [f"{due.name} ({size(due.missing)})" for due in others])
        lines.append(t(lang, "hub.others", names=named))
    lines += _merge(lang, outlook)
    if outlook.disk > outlook.free:
        lines.append(t(lang, "hub.no_room", disk=size(outlook.disk), free=size(outlook.free)))
    elif outlook.needs is not None and not outlook.needs.enough_disk:
        lines.append(t(lang, "models.needs_disk", free=size(outlook.needs.disk_free)))
    else:
        lines.append(t(lang, "hub.room", free=size(outlook.free)))
    memory = outlook.needs is None or outlook.needs.enough_memory
    fine = outlook.fits and outlook.enough_disk and memory
    return note(lines, "plain" if fine else "warn")


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The fold's parts."""
    lang = session.lang
    fetched = state.downloads if state is not None else ()
    outlook = state.outlook if state is not None else None
    free = state is not None and not busy(state)
    here = [t(lang, "models.hub_here", names=", ".join(f[1] for f in fetched))] if fetched else []
    return {
        "hub_fold": {"open": False},  # closed after it is mounted, see ui/app.py
        "look_up": {"interactive": free},
        "fetch": {"interactive": free and outlook is not None and outlook.enough_disk},
        "outlook": _outlook(lang, outlook) if outlook is not None else note([]),
        "hub_note": note(here),
    }
