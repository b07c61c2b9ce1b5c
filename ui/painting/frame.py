"""What every screen shares: stepper, and which screens and buttons are open."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.wording import note, stamped
from ui.session import Session

SCREENS = ("models", "saliency", "explore", "merge", "evaluate", "export")


def busy(state: RunState | None) -> bool:
    """Whether a job of this run is waiting or running that doesn't give way to any other."""
    return (
        under_way(state)
        and state is not None
        and state.job is not None
        and (state.job.kind != "reckon")
    )


def under_way(state: RunState | None) -> bool:
    """Whether a job of this run is waiting or running."""
    return (
        state is not None and state.job is not None and state.job.status in ("waiting", "running")
    )


def checking(state: RunState | None) -> bool:
    """Whether that job is the check of the models, which gives way to a new choice."""
    return busy(state) and state is not None and state.job is not None and state.job.kind == "check"


def has_saliency(state: RunState) -> bool:
    """Whether every donor has been summarised."""
    return len(state.saliency) == len(state.spec.donors)


def is_open(state: RunState | None, session: Session, screen: int) -> bool:
    """Whether the user may go to a screen: with models that fit, and never without a donor."""
    if screen == 0:
        return True
    if state is None or not state.mergeable or session.emptied:
        return False
    return {
        "saliency": True,
        "explore": has_saliency(state),
        "merge": has_saliency(state),
        "evaluate": True,
        "export": state.turn > 0,
    }[SCREENS[screen]]


def _is_done(state: RunState, screen: int) -> bool:
    return (
        state.mergeable and state.scanned,
        has_saliency(state),
        state.interference is not None and state.interference.done,
        0 < state.spec.turns <= state.turn,
        bool(state.compared),
        bool(state.exports),
    )[screen]


def _counter(state: RunState, screen: int, lang: str) -> str:
    if screen == 0:
        n = len(state.spec.donors)
        return t(lang, "stepper.donors" if n > 1 else "stepper.donor", n=n)
    if SCREENS[screen] == "merge" and state.turn:
        return f"{state.turn}/{state.spec.turns}"
    return ""


def stepper(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Stepper."""
    lang = session.lang
    steps = []
    for i, name in enumerate(SCREENS):
        sign = "locked"
        if is_open(state, session, i):
            done = state is not None and not session.emptied and _is_done(state, i)
            sign = "done" if done else "ready"
        steps.append(
            {
                "title": t(lang, f"stepper.{name}"),
                "state": sign,
                "state_text": t(lang, f"stepper.{sign}"),
                "note": _counter(state, i, lang) if state and not session.emptied else "",
                "hint": t(lang, f"stepper.why.{name}") if sign == "locked" else "",
            }
        )
    return stamped({"label": t(lang, "stepper.label"), "current": session.screen, "steps": steps})


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything outside the screens."""
    nxt = session.screen + 1
    can = nxt < len(SCREENS) and is_open(state, session, nxt)
    locked = nxt < len(SCREENS) and not can
    why = t(session.lang, f"stepper.why.{SCREENS[nxt]}") if locked else ""
    return {
        "stepper": stepper(state, session),
        **{f"screen_{n}": {"visible": session.screen == i} for i, n in enumerate(SCREENS)},
        "loading": {"visible": False},
        "back_screen": {"interactive": session.screen > 0},
        "next_screen": {"interactive": can, "visible": nxt < len(SCREENS)},
        "why_locked": note([why], "quiet"),
    }


__all__ = ["SCREENS", "busy", "checking", "has_saliency", "is_open", "paint", "under_way"]
