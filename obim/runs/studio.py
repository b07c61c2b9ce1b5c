"""`Studio`: all that a page needs to act. It starts one worker, hands it jobs, and reads folders.

It computes nothing and holds no model; several threads may use it at once.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from obim.errors import WorkerError
from obim.models.demo import cache_root
from obim.models.device import choose_device
from obim.models.temporary import clear_temporary
from obim.runs.choices import ModelChoice, check_names, default_spec, list_models, pin_models
from obim.runs.filing import link, replace_text
from obim.runs.folder import STATS, RunFolder, current_run, is_orphan, open_run
from obim.runs.forking import kept_downloads, kept_events
from obim.runs.giving_way import require_way, when_over
from obim.runs.jobs import Check, Job, Read
from obim.runs.line import Line
from obim.runs.locking import HomeLock
from obim.runs.own_sets import SETS, OwnSet, read_sets
from obim.runs.reading import RunReader
from obim.runs.state import JobState, RunState
from obim.runs.sweeping import sweep
from obim.runs.underway import ACTIVE, INTERRUPTED
from obim.runs.worker import KINDS
from obim.types import MergeSpec

_READERS = 16


class Studio:
    """Runs under one home folder, and the worker that works on them."""

    def __init__(
        self,
        home: Path | None = None,
        model_roots: Sequence[Path] = (),
        exports: Path | None = None,
        device: str | None = None,
    ) -> None:
        """Open a home; the worker starts with the first new run, job or read.

        What processes that were killed left half written is removed.

        Args:
            home: folder for runs; None: see `obim.models.demo.cache_root`.
            model_roots: folders whose models are offered.
            exports: where exported folders go; None: ``exports`` in the home.
            device: where the worker computes, see `choose_device`.

        Raises:
            ObimError: no such device; another Studio works in the home; it can't be written to.
        """
        self.device = choose_device(device)
        self.home = cache_root() if home is None else home
        self._home_lock = HomeLock(self.home)
        self.model_roots = tuple(model_roots)
        self.exports = self.home / "exports" if exports is None else exports
        for folder in (self.home / "runs", self.home / SETS, self.exports, cache_root() / "demo"):
            clear_temporary(folder)
        self._lock = threading.RLock()
        self._readers: dict[str, RunReader] = {}
        self._worker: Line | None = None
        self._busy_run: str | None = None

    def models(self) -> list[ModelChoice]:
        """What can be chosen as base or donor: the demo, then the folders under the roots."""
        return list_models(self.model_roots)

    def default_spec(self) -> MergeSpec:
        """The demo's preset."""
        return default_spec()

    def own_sets(self) -> tuple[OwnSet, ...]:
        """The evaluation sets that the user saved."""
        return read_sets(self.home)

    def current(self) -> str | None:
        """The run made last, or None."""
        return current_run(self.home)

    def create(self, spec: MergeSpec, keep: str | None = None) -> str:
        """Begin a run; nothing is computed yet, but the worker warms up.

        A check that is running gives way: it is stopped. Runs without turns and exports that were
        left alone for a day are deleted, except ``keep``.

        Raises:
            RecipeError: a donor has a name that the screens use themselves.
            RunError: another job is under way.
        """
        check_names(spec)
        with self._way():
            return self._create(spec, keep)

    def _create(self, spec: MergeSpec, keep: str | None) -> str:
        for old in sweep(self.home / "runs", {self._busy_run, self.current(), keep}):
            self._readers.pop(old, None)
        folder = RunFolder.create(self.home / "runs", pin_models(spec))
        folder.append(*kept_downloads(self.home / "runs", self.current()))
        replace_text(self.home / "current", folder.id, durable=True)
        self._ensure_worker()
        return folder.id

    def fork(self, run_id: str, spec: MergeSpec) -> str:
        """Begin a run like another with other settings; what still holds is taken along.

        Raises:
            RecipeError: a donor has a name that the screens use themselves.
            RunError: a job is under way (a check of ``run_id`` too, which the new run needs).
        """
        before = self._folder(run_id)
        with self._way(run_id):
            after = RunFolder(self.home / "runs" / self._create(spec, run_id))
            for path in sorted((before.path / STATS).glob("*.safetensors")):
                link(path, after.path / STATS / path.name)
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
                kept = {k: v for k, v in progress.items() if k not in ("seq", "said")}
                folder.write_progress(**kept | {"status": "interrupted", "error": INTERRUPTED})
            return self._reader(folder).state()

    def submit(self, run_id: str, job: Job) -> None:
        """Hand a job to the worker; a check of another run, and `Reckon`, give way to it.

        Raises:
            RunError: a job is under way already, or there is no such run.
            WorkerError: the worker can't be started.
        """
        folder, now = self._folder(run_id), self._active(run_id)
        if isinstance(job, Check) and now is not None and now.kind == "check":
            return
        with self._way(run_id, KINDS[type(job)]):
            worker = self._ensure_worker()
            folder.write_progress(kind=KINDS[type(job)], status="waiting", process=worker.key)
            self._busy_run = run_id
            worker.send("job", folder.path, job, self.exports)

    def stop(self, run_id: str | None = None, kind: str | None = None) -> None:
        """Stop a job within a block; nothing happens where none is under way.

        Args:
            run_id, kind: whose job, and which; None: whatever is under way.
        """
        with self._lock:
            busy = self._busy_run if run_id in (None, self._busy_run) else None
            if busy and (job := self._active(busy)) and kind in (None, job.kind):
                self._send_stop()

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
        """End the worker and leave the home to others."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None
            self._home_lock.release()

    def _reader(self, folder: RunFolder) -> RunReader:
        """A reader that goes on where it was; only those used last are kept."""
        reader = self._readers.pop(folder.id, None) or RunReader(folder)
        self._readers[folder.id] = reader
        while len(self._readers) > _READERS:
            self._readers.pop(next(iter(self._readers)))
        return reader

    def _active(self, run_id: str) -> JobState | None:
        """The run's job, if one is waiting or running."""
        job = self.state(run_id).job
        return job if job is not None and job.status in ACTIVE else None

    def _send_stop(self) -> None:
        if self._worker is not None:
            self._worker.send("stop")

    def _way(self, run_id: str | None = None, coming: str = "") -> AbstractContextManager[None]:
        """Hold the lock once what gives way has ended; a `RunError` where something doesn't."""
        return when_over(self._lock, lambda: self._stop_for(run_id, coming), run_id)

    def _stop_for(self, run_id: str | None, coming: str) -> str | None:
        """Stop what gives way to a job; the run whose job hasn't ended yet.

        A worker that is still starting has the stop in its queue, before whatever comes next.
        """
        ending = None
        for busy in (self._busy_run, run_id):
            if busy is not None and (job := self._active(busy)) is not None:
                require_way(job, busy == run_id, coming)
                ending = busy
        if ending is not None:
            self._send_stop()
        return ending

    def _folder(self, run_id: str) -> RunFolder:
        return open_run(self.home, run_id)

    def _ensure_worker(self) -> Line:
        if self._worker is None or not self._worker.alive:
            if self._worker is not None:
                self._worker.close()
            self._worker = Line(self.device.type)
        return self._worker
