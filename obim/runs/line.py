"""The page's end of the worker process: starts it, hands messages over, sorts answers.

It knows neither runs nor what jobs do.
"""

import multiprocessing
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from obim.errors import WorkerError
from obim.runs.folder import process_key
from obim.runs.jobs import Read
from obim.runs.worker import main


class Line:
    """One worker process, from its start to its end."""

    def __init__(self, device: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=main, args=(theirs, device), daemon=True, name="obim"
        )
        self._process.start()
        theirs.close()
        self._lock = threading.Lock()
        self._answers: dict[int, Future[Any]] = {}
        self._count = 0
        self._gone = False
        self.key = process_key(self._process.pid or 0)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def alive(self) -> bool:
        """The process runs: by the same sign as `is_orphan`, so a dying one counts as dead."""
        return not self._gone and process_key(self._process.pid or 0) == self.key

    def send(self, *message: Any) -> None:
        """Hand a message over.

        Raises:
            WorkerError: the process is gone.
        """
        try:
            with self._lock:
                self._pipe.send(message)
        except (OSError, ValueError) as error:
            raise WorkerError("The worker process ended; try again, it starts anew.") from error

    def ask(self, path: Path, request: Read) -> "Future[Any]":
        """Send a read and get what will hold its answer."""
        with self._lock:
            self._count += 1
            number = self._count
            answer: Future[Any] = Future()
            self._answers[number] = answer
        self.send("read", number, path, request)
        return answer

    def _listen(self) -> None:
        try:
            while True:
                message = self._pipe.recv()
                if message[0] == "ready":
                    continue
                with self._lock:
                    answer = self._answers.pop(message[1])
                if message[0] == "answer":
                    answer.set_result(message[2])
                else:
                    answer.set_exception(message[2])
        except (EOFError, OSError):
            self._gone = True
            with self._lock:
                waiting, self._answers = list(self._answers.values()), {}
            for answer in waiting:
                answer.set_exception(WorkerError("The worker process ended; try again."))

    def close(self) -> None:
        """End the process; what it had in hand is cut off."""
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)
        self._pipe.close()
