"""What gives way to a job that comes, and the wait for its end. It stops nothing itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from obim.errors import RunError
from obim.runs.state import JobState

_BUSY = "Another job is under way; wait for it or stop it first."
_STOPPING = "What was under way is being stopped; try again in a moment."
_PATIENCE = 2.0
"""Seconds to wait for the end of another run's job; the next one can wait for it in the worker."""
_LONG = 20.0
"""Seconds to wait for the end of a job of the same run, which has to have ended."""
_EVERY = 0.02


def require_way(job: JobState, own: bool, coming: str) -> None:
    """Exact figures give way to all; a check to jobs of other runs that aren't such figures.

    Args:
        job: that is under way.
        own: it is the same run's.
        coming: kind of the job that comes; "" for a new run.

    Raises:
        RunError: it doesn't give way.
    """
    if job.kind != "reckon" and (job.kind != "check" or own or coming == "reckon"):
        raise RunError(_BUSY)


@contextmanager
def when_over(
    lock: AbstractContextManager[Any], stop: Callable[[], str | None], run_id: str | None
) -> Iterator[None]:
    """Hold a lock once a job has ended; it is free while that is waited for.

    Args:
        lock: to hold.
        stop: called with the lock, again and again: stops the job and says whose it is, or None.
        run_id: of the job that comes.

    Raises:
        RunError: a job of this run doesn't end.
    """
    began = time.monotonic()
    while True:
        with lock:
            busy, waited = stop(), time.monotonic() - began
            if busy is None or (busy != run_id and waited >= _PATIENCE):
                yield
                return
            if waited >= _LONG:
                raise RunError(_STOPPING)
        time.sleep(_EVERY)
