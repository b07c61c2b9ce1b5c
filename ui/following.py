"""The one endless handler of a tab: it repaints what changed in the run or in the session.

It changes neither, but for what a screen looks up by itself (`LOOKS`); what a page shows is said
by ``views``. Reading and painting run in threads, so
that the server answers meanwhile.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from obim import RunState
from ui import views
from ui.handlers import Desk
from ui.i18n import t
from ui.painting import progress
from ui.painting.frame import under_way
from ui.painting.questions import wants_inside, wants_owners
from ui.screens.asking import due_exact, due_preview, foresee, reckon
from ui.screens.export import free_name
from ui.screens.inside import look_inside
from ui.screens.owners import count_owners
from ui.screens.saliency import open_strongest, wants_cell
from ui.session import Session

if TYPE_CHECKING:
    from obim import ModelChoice

log = logging.getLogger("obim.ui")
GLANCE = 0.02
"""Seconds between two looks at a session, which cost next to nothing."""
POLL = 0.08
"""Seconds between two looks at a run with a job in hand."""
IDLE = 0.5
"""Seconds between two looks at a run where nothing is under way."""
FRESH = 3.0
"""Seconds that a list of models is used again."""


Look = Callable[[Desk, Session, RunState | None], None]


def _due_cell(state: RunState | None, session: Session) -> Hashable | None:
    """Whose strongest tensor is to be opened on the Saliency screen."""
    return (session.run_id, session.donor) if wants_cell(state, session) else None


LOOKS: tuple[tuple[Callable[[RunState | None, Session], Hashable | None], Look], ...] = (
    (_due_cell, open_strongest),
    (wants_inside, look_inside),
    (wants_owners, count_owners),
    (due_preview, foresee),
    (due_exact, reckon),
)
"""What screens look up by themselves: what tells that it is due, None: it is not; and the look."""


class Listing:
    """The models that can be chosen, looked up again when they are asked for after a while."""

    def __init__(self, look: "Callable[[], Sequence[ModelChoice]]") -> None:
        self._look = look
        self._lock = threading.Lock()
        self._found: tuple[ModelChoice, ...] = ()
        self._looked = -FRESH

    def models(self) -> "tuple[ModelChoice, ...]":
        """What there is, as seen a few seconds ago at most."""
        with self._lock:  # of many tabs one walks the folders
            if time.monotonic() - self._looked >= FRESH:
                self._found = tuple(self._look())
                self._looked = time.monotonic()
            return self._found


def follower(desk: Desk, boxes: dict[str, Any]) -> Callable[[str], AsyncIterator[list[Any]]]:
    """The handler that paints these parts as long as the tab is open."""
    names = list(boxes)
    listing = Listing(desk.studio.models)

    async def follow(token: str) -> AsyncIterator[list[Any]]:
        yield [gr.skip()] * len(names)
        try:
            session = desk.sessions.get(token)
        except ValueError:
            return
        old: dict[str, dict[str, Any]] = {}
        choices: Sequence[ModelChoice] = ()
        seen, epoch, screen = None, -1, -1
        looked: list[Hashable] = [None] * len(LOOKS)
        looks: set[asyncio.Task[None]] = set()  # kept, or they may be dropped in the middle
        while True:
            view = replace(session)  # handlers change the session while it is being painted
            state = await asyncio.to_thread(desk.read, view)
            mark = (view.run_id, view.revision, state and state.revision)
            if mark != seen:
                if screen < 0 or view.screen == 0 != screen:  # a new tab, or it comes to Models
                    choices = await asyncio.to_thread(listing.models)
                new = await asyncio.to_thread(_paint, desk, state, view, choices, old)
                if session.epoch != view.epoch:
                    continue  # it turned to another run meanwhile: this was the old one
                sent = views.changes(old, new, epoch == view.epoch)
                old, seen, epoch, screen = new, mark, view.epoch, view.screen
                if sent:
                    yield [_update(sent.get(n)) for n in names]
            for i, (due, look) in enumerate(LOOKS):
                place = due(state, view)
                if place is not None and place != looked[i]:  # what can't be read is asked once
                    looks.add(asyncio.create_task(_look(desk, token, session, state, look)))
                looked[i] = place
            await _rest(session, view.revision, POLL if under_way(state) else IDLE)

    return follow


async def _look(
    desk: Desk, token: str, session: Session, state: RunState | None, look: Look
) -> None:
    """Look something up; the page is painted meanwhile."""
    await asyncio.to_thread(look, desk, session, state)
    desk.sessions.touch(token)


async def _rest(session: Session, revision: int, seconds: float) -> None:
    """Wait so long, or until the session has changed since this revision."""
    until = time.monotonic() + seconds
    while session.revision == revision and time.monotonic() < until:
        await asyncio.sleep(GLANCE)


def _paint(
    desk: Desk,
    state: RunState | None,
    session: Session,
    choices: "Sequence[ModelChoice]",
    before: dict[str, dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """What the page shows; a fault in a picture is logged and told, and the page lives on."""
    try:
        free, saved = free_name(desk.studio.exports, state), desk.studio.own_sets()
        return views.page(state, session, choices, free, saved)
    except Exception:
        number = secrets.token_hex(3)
        log.exception("error %s", number)
        session.error = t(session.lang, "error.unknown", id=number)
        return {**before, **progress.paint(state, session)}


def _update(value: dict[str, Any] | None) -> Any:
    if value is None:
        return gr.skip()
    if "rev" in value:
        return value
    props = dict(value)
    if "visible" in props:  # parts that Gradio unmounts lose their updates: hide them by a class
        props["elem_classes"] = [] if props.pop("visible") else ["ob-gone"]
    return gr.update(**props)
