"""What a job is given to say how far it is, and to be stopped between two blocks of work.

A job calls `Desk.tick` after every block: that writes progress.json (three times a second and at
every new phase, since the page repaints each time), serves waiting reads, and raises `StopJob`
once the user has said stop.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from obim.errors import Sentence
from obim.runs.folder import RunFolder
from obim.runs.sentences import store
from obim.runs.state import JobKind, JobStatus

T = TypeVar("T")
_EVERY = 0.33


class StopJob(Exception):
    """The user said stop."""


@dataclass
class _Shared:
    folder: RunFolder
    kind: JobKind
    process: list[float] | None
    stopping: Callable[[], bool]
    serve: Callable[[], None]
    since: tuple[float, float] | None = None
    written: float = 0.0
    phase: str = ""
    detail: str = ""
    fraction: float = 0.0


class Quiet:
    """Takes a desk's place where nobody waits at one."""

    def tick(self, fraction: float, phase: str = "", detail: str = "") -> None:
        """Say nothing."""


class Desk:
    """One job's line to the outside, or a part of it."""

    def __init__(self, shared: _Shared, low: float = 0.0, high: float = 1.0) -> None:
        self._shared, self._low, self._high = shared, low, high

    @classmethod
    def open(
        cls,
        folder: RunFolder,
        kind: JobKind,
        process: list[float] | None,
        stopping: Callable[[], bool] = lambda: False,
        serve: Callable[[], None] = lambda: None,
    ) -> "Desk":
        """A desk for a whole job."""
        return cls(_Shared(folder, kind, process, stopping, serve))

    def part(self, low: float, high: float) -> "Desk":
        """A desk whose 0..1 is ``low``..``high`` of this one."""
        span = self._high - self._low
        return Desk(self._shared, self._low + low * span, self._low + high * span)

    def split(self, *work: float) -> "list[Desk]":
        """Desks of parts that follow one another, each as wide as its work is large."""
        total, low, parts = sum(work) or 1.0, 0.0, []
        for one in work:
            parts.append(self.part(low, low + one / total))
            low += one / total
        return parts

    @property
    def stopping(self) -> bool:
        """The user has said stop."""
        return self._shared.stopping()

    @property
    def fraction(self) -> float:
        """Of the whole job, 0..1."""
        return self._shared.fraction

    @property
    def phase(self) -> str:
        """Key of the sentence that says what is being done."""
        return self._shared.phase

    @property
    def detail(self) -> str:
        """What is in hand."""
        return self._shared.detail

    def tick(self, fraction: float, phase: str = "", detail: str = "") -> None:
        """Say how far this part is.

        Raises:
            StopJob: the user has said stop.
        """
        self.check()
        shared = self._shared
        changed = bool(phase) and phase != shared.phase
        if phase:
            shared.phase, shared.detail = phase, detail
        shared.fraction = self._low + fraction * (self._high - self._low)
        if shared.since is None and shared.fraction > 0:
            shared.since = time.monotonic(), shared.fraction
        if changed or time.monotonic() - shared.written >= _EVERY:
            self.write("running")
        shared.serve()

    def check(self) -> None:
        """Ask, in any thread and between two ticks, whether to go on.

        Raises:
            StopJob: the user has said stop.
        """
        if self._shared.stopping():
            raise StopJob

    def write(self, status: JobStatus, error: Sentence | None = None) -> None:
        """Write progress.json now; ``error``: why the job failed."""
        shared = self._shared
        shared.written = time.monotonic()
        left = self._left() if status == "running" else None
        shared.folder.write_progress(
            kind=shared.kind,
            status=status,
            fraction=1.0 if status == "done" else min(1.0, shared.fraction),
            seconds_left=left,
            phase=shared.phase,
            detail=shared.detail,
            error=str(error or ""),
            said=store(error) if error is not None else None,
            process=shared.process,
        )

    def _left(self) -> float | None:
        """Seconds left at the pace so far; getting ready, before any share was done, is no pace."""
        shared = self._shared
        if shared.since is None:
            return None
        began, before = shared.since
        spent, done = shared.written - began, shared.fraction - before
        return spent * (1 - shared.fraction) / done if done > 0.02 and spent > 0.5 else None

    def drain(self, generator: Generator[float, None, T], phase: str, detail: str = "") -> T:
        """Run a generator of fractions to its end and return what it returns."""
        try:
            while True:
                self.tick(next(generator), phase, detail)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            generator.close()
