"""A process that asks the hub, and how it tells its parent: lines of JSON. It asks nothing itself.

It is a process of its own, so that it can be stopped at any moment, even while it waits for the
network; and it ends when its parent does.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from obim.errors import ObimError

_EVERY = 0.2
"""Seconds between two lines to the parent."""

Say = Callable[..., None]
"""Called with ``missing=``, ``total=``, ``got=`` (bytes), ``phase=``, at the end ``commit=``."""


def serve_parent(work: Callable[[Say], None]) -> None:
    """Do what the process is for; an interrupt is its parent's to see to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    line = _Line()
    try:
        work(line.say)
    except ObimError as error:
        line.say(template=error.template, values=error.values)


class _Line:
    """The line to the parent: JSON, one object a line, bytes got not oftener than needed."""

    def __init__(self) -> None:
        self._last = 0.0

    def say(self, **news: object) -> None:
        """Tell; the parent's end of the line being gone is the end of this process."""
        now = time.monotonic()
        if news.keys() == {"got"} and now - self._last < _EVERY:
            return
        self._last = now
        try:
            print(json.dumps(news), flush=True)
        except OSError:
            os._exit(1)


def _end_with_parent() -> None:
    """Wait for the parent's end of standard input to close, however that comes."""
    sys.stdin.buffer.read()
    os._exit(1)
