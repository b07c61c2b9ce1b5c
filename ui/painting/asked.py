"""Figures of what-if that were asked for and didn't come: why, and whether they are asked again.

It asks for nothing.
"""

import math
from dataclasses import dataclass
from typing import Literal

from obim import RunState, Sentence
from ui.i18n import said, t
from ui.painting.frame import under_way
from ui.session import Session

Kind = Literal["preview", "exact"]
Place = tuple[str, str]
"""A run, and settings with what tells one saliency from another."""
WAITS = (2.0, 8.0, 30.0, 120.0)
"""Seconds after each failure until the next try; after one more there is none."""


@dataclass(frozen=True)
class Ask:
    """Figures were asked for.

    Attributes:
        of: for what.
        tries: the failures before it, and this one.
        until: `time.monotonic` from which they may be asked for again; infinite until it is known
            what came of it.
        error: why they can't be had.
    """

    of: Place
    tries: int = 1
    until: float = math.inf
    error: Sentence | None = None


def last_ask(session: Session, kind: Kind, place: Place) -> Ask | None:
    """The last time that these figures were asked for."""
    ask: Ask | None = session.asked.get(kind)
    return ask if ask is not None and ask.of == place else None


def failure(state: RunState, kind: Kind, ask: Ask) -> Sentence | None:
    """Why figures that were asked for didn't come; None: nothing is wrong."""
    if ask.error is not None or kind == "preview" or state.job is None:
        return ask.error
    broken = state.job.kind == "reckon" and state.job.status in ("failed", "interrupted")
    return state.job.error if broken and not math.isinf(ask.until) else None


def was_stopped(state: RunState, kind: Kind, ask: Ask) -> bool:
    """Somebody stopped them: they don't begin again by themselves."""
    if kind == "preview" or state.job is None or ask.error is not None or math.isinf(ask.until):
        return False
    return (state.job.kind, state.job.status) == ("reckon", "stopped")


def comes_again(state: RunState, kind: Kind, ask: Ask) -> bool:
    """They are asked for again by themselves, at some time."""
    if was_stopped(state, kind, ask):
        return False
    if failure(state, kind, ask) is None:
        return True  # another job took their place
    ended = state.job is not None and state.job.status == "interrupted"
    return ask.tries <= len(WAITS) and not (ended and ask.error is None)


def is_due(state: RunState, session: Session, kind: Kind, place: Place, now: float) -> bool:
    """Whether figures that are missing are to be asked for.

    Args:
        state: of the run.
        session: who asks.
        kind: which figures.
        place: of what.
        now: by `time.monotonic`.
    """
    ask = last_ask(session, kind, place)
    if ask is None:
        return True
    if math.isinf(ask.until) or under_way(state) or not comes_again(state, kind, ask):
        return False
    return now >= ask.until or (kind == "exact" and failure(state, kind, ask) is None)


def joined(lang: str, *sentences: str) -> str:
    """Sentences one after another."""
    return (" " if lang == "en" else "").join(sentences)


def missing(state: RunState, session: Session, kind: Kind, place: Place) -> str:
    """Why figures don't come, and whether they are asked for again; empty where they may come."""
    ask, lang = last_ask(session, kind, place), session.lang
    if ask is None:
        return ""
    if was_stopped(state, kind, ask):
        return t(lang, "what_if.stopped")
    why = failure(state, kind, ask)
    if why is None:
        return ""
    again = "what_if.again" if comes_again(state, kind, ask) else "what_if.given_up"
    return joined(lang, t(lang, f"what_if.no_{kind}", why=said(lang, why)), t(lang, again))
