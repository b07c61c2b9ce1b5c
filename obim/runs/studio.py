"""`Studio`: all that a page needs to act. It starts one worker, hands it jobs, and reads folders.

It computes nothing and holds no model; several threads may use it at once.
"""

import logging
import multiprocessing
import os
import re
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

from obim.errors import RecipeError, RunError, WorkerError
from obim.runs.choices import ModelChoice, default_spec, list_models
from obim.runs.folder import JOURNAL, OWNER, STATS, RunFolder, process_key, replace_text
from obim.runs.forking import kept_events
from obim.runs.jobs import Job, Read
from obim.runs.reading import ACTIVE, INTERRUPTED, RunReader, is_orphan
from obim.runs.state import RunState
from obim.runs.worker import KINDS, main
from obim.types import MergeSpec

log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_RESERVED = {"base", "merged"}


def home_folder() -> Path:
    """Where runs, exports and the demo's base are kept: OBIM_HOME, else ~/.cache/obim-studio."""
    home = os.environ.get("OBIM_HOME")
    return Path(home).expanduser() if home else Path.home() / ".cache" / "obim-studio"


class Studio:
    """Runs under one home folder, and the worker that works on them."""

    def __init__(
        self,
        home: Path | None = None,
        model_roots: Sequence[Path] = (),
        exports: Path | None = None,
    ) -> None:
        """Open a home; the worker starts with the first new run, job or read.

        Args:
            home: folder for runs; None: `home_folder`.
            model_roots: folders whose models are offered.
            exports: where exported folders go; None: ``exports`` in the home.
        """
        self.home = home_folder() if home is None else home
        self.model_roots = tuple(model_roots)
        self.exports = self.home / "exports" if exports is None else exports
        self._lock = threading.RLock()
        self._readers: dict[str, RunReader] = {}
        self._worker: _Worker | None = None
        self._busy_run: str | None = None

    def models(self) -> list[ModelChoice]:
        """What can be chosen as base or donor: the demo, then the folders under the roots."""
        return list_models(self.model_roots)

    def default_spec(self) -> MergeSpec:
        """The demo's preset."""
        return default_spec()

    def current(self) -> str | None:
        """The run made last, or None."""
        path = self.home / "current"
        if not path.is_file():
            return None
        run_id = path.read_text(encoding="utf-8").strip()
        known = _ID.fullmatch(run_id) and (self.home / "runs" / run_id / "spec.yaml").is_file()
        return run_id if known else None

    def create(self, spec: MergeSpec) -> str:
        """Begin a run; nothing is computed yet, but the worker warms up.

        Raises:
            RecipeError: a donor has a name that the screens use themselves.
        """
        from obim.registry import find, names

        find("estimator", spec.estimator)
        find("merge_method", spec.method)
        reserved = _RESERVED | set(names("merge_method"))
        for donor in spec.donors:
            if donor.name in reserved:
                raise RecipeError(f"A donor can't be called {donor.name!r}; give it another name.")
        with self._lock:
            folder = RunFolder.create(self.home / "runs", spec)
            replace_text(self.home / "current", folder.id)
            self._ensure_worker()
            return folder.id

    def fork(self, run_id: str, spec: MergeSpec) -> str:
        """Begin a run like another with other settings; what still holds is taken along."""
        before = self._folder(run_id)
        with self._lock:
            after = RunFolder(self.home / "runs" / self.create(spec))
            for path in sorted((before.path / STATS).glob("*.safetensors")):
                _link(path, after.path / STATS / path.name)
            after.append(*kept_events(before, spec))
            return after.id

    def state(self, run_id: str) -> RunState:
        """The run as its folder tells it.

        Raises:
            RunError: no such run, or its folder is damaged.
        """
        with self._lock:
            folder = self._folder(run_id)
            progress = folder.progress()
            if progress.get("status") in ACTIVE and is_orphan(progress):
                folder.write_progress(
                    **{k: v for k, v in progress.items() if k not in ("seq", "status", "error")},
                    status="interrupted",
                    error=INTERRUPTED,
                )
            try:
                reader = self._readers.setdefault(run_id, RunReader(folder))
                return reader.state()
            except (KeyError, TypeError, IndexError, ValueError) as error:
                self._readers.pop(run_id, None)
                raise RunError(
                    f"The journal of run {run_id} is damaged; start a new run."
                ) from error

    def submit(self, run_id: str, job: Job) -> None:
        """Hand a job to the worker.

        Raises:
            RunError: a job is under way already, or there is no such run.
            WorkerError: the worker can't be started.
        """
        with self._lock:
            folder = self._folder(run_id)
            for other in {run_id, self._busy_run or run_id}:
                state = self.state(other)
                if state.job is not None and state.job.status in ACTIVE:
                    raise RunError("Another job is under way; wait for it or stop it first.")
            worker = self._ensure_worker()
            folder.write_progress(kind=KINDS[type(job)], status="waiting", process=worker.key)
            self._busy_run = run_id
            worker.send("job", folder.path, job, self.exports)

    def stop(self, run_id: str) -> None:
        """Stop the run's job within a block; nothing happens where none is under way."""
        with self._lock:
            state = self.state(run_id)
            active = state.job is not None and state.job.status in ACTIVE
            if active and self._worker is not None and self._busy_run == run_id:
                self._worker.send("stop")

    def read(self, run_id: str, request: Read, timeout: float = 30.0) -> Any:
        """A short look; served between two blocks of a job that is under way.

        Args:
            run_id: which run.
            request: what to look at.
            timeout: seconds.

        Raises:
            ObimError: what the worker says is wrong.
            WorkerError: no answer in time, or the worker died.
        """
        with self._lock:
            folder = self._folder(run_id)
            answer = self._ensure_worker().ask(folder.path, request)
        try:
            return answer.result(timeout)
        except FutureTimeout:
            raise WorkerError("The worker is busy and did not answer in time; try again.") from None

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def _folder(self, run_id: str) -> RunFolder:
        if not _ID.fullmatch(run_id):
            raise RunError("That is no run; start a new one.")
        return RunFolder(self.home / "runs" / run_id)

    def _ensure_worker(self) -> "_Worker":
        if self._worker is None or not self._worker.alive:
            if self._worker is not None:
                self._worker.close()
            self._worker = _Worker()
        return self._worker


class _Worker:
    """The page's end of the worker process."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs,), daemon=True, name="obim")
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


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


__all__ = ["JOURNAL", "OWNER", "ModelChoice", "Studio", "home_folder"]
