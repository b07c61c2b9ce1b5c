"""What a tab asks for by itself: looks, a preview of settings, and then their exact figures.

Figures that don't come are asked for again, less and less often; `ui.painting.asked` says when.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from obim import Inside, MergeSpec, ObimError, Owners, Reckon, RunState, Sentence, WhatIf
from ui.handlers import Desk
from ui.i18n import said
from ui.painting import questions
from ui.painting.asked import WAITS, Ask, Kind, Place, failure, is_due, last_ask
from ui.painting.what_if import preview_key, wanted, wants_exact, wants_preview
from ui.session import Session

QUIET = 1.0
"""Seconds that settings have to stand before their exact figures are begun."""
REMEMBERED = 16
"""Previews kept in a session."""
PATIENCE = 600.0
"""Seconds that a look through a large tensor or owner map may take."""
Question = Inside | Owners


def look_up(
    desk: Desk,
    session: Session,
    state: RunState | None,
    ask: Callable[[RunState | None, Session], Question | None],
) -> dict[str, Any] | None:
    """What the worker says to a screen's question, or why it can't, with the question's key.

    None where there is no question, or the screen has another one meanwhile.
    """
    question = ask(state, session)
    if state is None or question is None:
        return None
    key = questions.key(state, question)
    try:
        told = desk.studio.read(state.id, question, timeout=PATIENCE)
    except ObimError as error:
        told = {"error": said(session.lang, error)}
    late = session.run_id != state.id or ask(state, session) != question
    return None if late else {"key": key, **told}


def due_preview(state: RunState | None, session: Session) -> Place | None:
    """The run and the settings whose preview is to be asked for now."""
    return _due(state, session, "preview", wants_preview(state, session))


def due_exact(state: RunState | None, session: Session) -> Place | None:
    """The run and the settings whose exact figures are to be begun now."""
    return _due(state, session, "exact", wants_exact(state, session))


def _due(state: RunState | None, session: Session, kind: Kind, place: Place | None) -> Place | None:
    if state is None or place is None:
        return None
    return place if is_due(state, session, kind, place, time.monotonic()) else None


def ask_preview(desk: Desk, session: Session, state: RunState, spec: MergeSpec) -> None:
    """Have settings previewed, and keep what is foreseen."""
    found = desk.studio.read(state.id, WhatIf(spec))
    kept = [*session.foreseen.items(), (preview_key(state, spec), found)]
    session.foreseen = dict(kept[-REMEMBERED:])


def foresee(desk: Desk, session: Session, state: RunState | None) -> None:
    """Preview the settings on screen; why that can't be done is kept."""
    spec, place = wanted(state, session), wants_preview(state, session)
    if state is None or spec is None or place is None:
        return
    ask = _begin(session, "preview", place, state)
    try:
        ask_preview(desk, session, state, spec)
    except ObimError as error:
        _end(session, "preview", ask, error.sentence)
    else:
        _forget(session, "preview", ask)


def reckon(desk: Desk, session: Session, state: RunState | None) -> None:
    """Begin the exact figures, where the settings stand for a while."""
    place = wants_exact(state, session)
    if state is None or place is None:
        return
    ask = _begin(session, "exact", place, state)
    time.sleep(QUIET)
    now = desk.read(session)
    spec = wanted(now, session)
    if spec is None or wants_exact(now, session) != place:
        _forget(session, "exact", ask)
        return
    try:
        desk.submit(session, Reckon(spec))
    except ObimError as error:
        _end(session, "exact", ask, error.sentence)
    else:
        _end(session, "exact", ask)


def _begin(session: Session, kind: Kind, place: Place, state: RunState) -> Ask:
    before = last_ask(session, kind, place)
    failed = before is not None and failure(state, kind, before) is not None
    ask = Ask(place, before.tries + 1 if before is not None and failed else 1)
    session.asked = {**session.asked, kind: ask}
    return ask


def _end(session: Session, kind: Kind, ask: Ask, error: Sentence | None = None) -> None:
    """Keep what came of it, unless something else was asked for meanwhile."""
    if session.asked.get(kind) is ask:
        until = time.monotonic() + WAITS[min(ask.tries, len(WAITS)) - 1]
        session.asked = {**session.asked, kind: replace(ask, until=until, error=error)}


def _forget(session: Session, kind: Kind, ask: Ask) -> None:
    if session.asked.get(kind) is ask:
        session.asked = {k: v for k, v in session.asked.items() if k != kind}
