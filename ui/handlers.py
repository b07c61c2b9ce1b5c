"""The guard between the browser and the runs: token, ranges, names in; sentences for errors out.

Every endpoint can be called by anybody on this machine, so nothing that arrives is trusted. A
handler changes the session or submits a job and returns; ``following`` repaints. No algorithm here.
"""

import html
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError

from obim import Check, Job, MergeSpec, ObimError, RunError, RunState
from ui.i18n import said, t
from ui.painting.frame import busy, checking
from ui.refusals import Empty, Outside, Refused, sentence
from ui.session import Session, Sessions

if TYPE_CHECKING:
    from obim import Studio

log = logging.getLogger("obim.ui")


class Idle(Exception):
    """Nothing was asked for: what the page says stays."""


def check_numbers(values: Sequence[Any]) -> None:
    """See that number boxes hold what can be taken.

    Raises:
        Idle: one is empty.
        Refused: a number is out of its range.
    """
    for value in values:
        if isinstance(value, Empty):
            raise Idle
        if isinstance(value, Outside):
            raise value.refusal()


class Desk:
    """Where handlers work: the studio, the sessions, and where typed folders may lie."""

    def __init__(self, studio: "Studio", sessions: Sessions, home: Path, roots: list[Path]) -> None:
        self.studio = studio
        self.sessions = sessions
        self.home = home
        self.roots = roots
        self._beginning = threading.Lock()

    def state(self, session: Session) -> RunState:
        """The run's picture.

        Raises:
            Refused: no run yet.
        """
        if session.run_id is None:
            raise Refused("error.no_run")
        return self.studio.state(session.run_id)

    def submit(self, session: Session, job: Job) -> None:
        """Hand a job to the worker."""
        run_id = self.state(session).id
        self.studio.submit(run_id, job)

    def fork(self, session: Session, spec: MergeSpec) -> None:
        """Turn the session to a copy of its run with other settings."""
        session.show(self.studio.fork(self.state(session).id, spec))

    def begin(self, session: Session, spec: MergeSpec) -> None:
        """Turn the session to a new run, and check its models.

        Raises:
            Refused: the run that is shown has a job in hand other than a check.
        """
        state = self.read(session)
        if busy(state) and not checking(state):
            raise Refused("error.busy")
        with self._beginning:  # of two choices the later one stays
            run_id = self.studio.create(spec)
            self.studio.submit(run_id, Check())
            session.show(run_id)

    def guard(self, act: Callable[..., None]) -> Callable[..., None]:
        """``act(session, *values)`` as a handler ``(token, *values)`` that shows its errors.

        A number box that is empty asks for nothing: the user is typing. Where numbers are refused,
        the boxes say again what is in force; those out of a box's range the browser takes back.
        """

        def attempt(session: Session, *values: Any) -> None:
            check_numbers(values)
            try:
                act(session, *values)
            except Idle:
                raise
            except Exception:
                session.epoch += bool(values)
                raise

        def handler(token: str, *values: Any) -> None:
            self._perform(token, lambda session: attempt(session, *values))

        handler.__name__ = act.__name__
        return handler

    def guard_event(self, act: Callable[[Session, dict[str, Any]], None]) -> Callable[..., None]:
        """``act(session, what the widget sent)`` as a handler of a widget's event."""

        def handler(token: str, event: gr.EventData) -> None:
            sent = event._data if isinstance(event._data, dict) else {}
            self._perform(token, lambda session: act(session, sent))

        handler.__name__ = act.__name__
        return handler

    def _perform(self, token: str, act: Callable[[Session], None]) -> None:
        try:
            session = self.sessions.get(token)
        except ValueError:
            raise gr.Error(
                "This page is not known here; reload it.", print_exception=False
            ) from None
        before, armed = (session.error, session.blocked), session.armed
        session.error, session.blocked = "", False
        try:
            refusal = self._refusal(session, act)
        except Idle:
            session.error, session.blocked = before
            return
        if not busy(self.read(session)):
            session.error = refusal or session.error
        if session.armed == armed:  # another act than the button that is pressed twice
            session.armed = ""
        self.sessions.touch(token)
        if refusal:
            raise gr.Error(html.escape(refusal), print_exception=False)

    def _refusal(self, session: Session, act: Callable[[Session], None]) -> str:
        """Act; why it could not be done in one sentence, empty where it was done."""
        try:
            act(session)
        except Idle:
            raise
        except ValidationError as error:
            return sentence(session.lang, error)
        except Refused as error:
            return error.said(session.lang)
        except ObimError as error:
            session.blocked = isinstance(error, RunError)
            return said(session.lang, error)
        except Exception:
            number = secrets.token_hex(3)
            log.exception("error %s", number)
            return t(session.lang, "error.unknown", id=number)
        return ""

    def enter(self, token: str, lang: str) -> tuple[str, str]:
        """A tab opens or reloads: it shows its run, else the current one, else the demo."""

        def attach(session: Session) -> None:
            session.lang = "ja" if lang == "ja" else "en"
            session.epoch += 1
            session.emptied = False  # a page that opens shows the run's donors
            if session.run_id is not None and not self._exists(session.run_id):
                session.show(None)
            if session.run_id is None:
                session.show(self.studio.current())
            if session.run_id is None:
                session.show(self.studio.create(self.studio.default_spec()))
            state = self.state(session)
            if state.job is None and not state.cards:
                try:
                    self.studio.submit(state.id, Check())
                except ObimError as error:  # a page without a check lives, one without a token not
                    session.error = said(session.lang, error)

        self._perform(token, attach)
        return token, self.sessions.get(token).lang

    def _exists(self, run_id: str) -> bool:
        try:
            self.studio.state(run_id)
        except ObimError:
            return False
        return True

    def read(self, session: Session) -> RunState | None:
        """The run's picture for painting; None where there is nothing to show."""
        if session.run_id is None:
            return None
        try:
            return self.studio.state(session.run_id)
        except ObimError as error:
            session.error = said(session.lang, error)
            return None
