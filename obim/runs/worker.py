"""The one process that computes: it takes jobs and reads from a pipe, one job at a time.

Messages in: ``("job", run path, job, exports folder)``, ``("stop",)``, ``("read", number, run
path, request)``. Out: ``("answer", number, value)``, ``("refused", number, error)``,
``("ready",)``. When the other end of the pipe is gone, so is this process.
"""

import errno
import logging
import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from obim.errors import ObimError, RunError, Sentence
from obim.runs.desk import Desk, StopJob
from obim.runs.folder import RunFolder, process_key
from obim.runs.jobs import (
    AddSet,
    Advance,
    Back,
    Calibrate,
    Check,
    Download,
    Evaluate,
    Explore,
    Export,
    Job,
    LookUp,
    Read,
    RemoveSet,
    Tune,
)
from obim.runs.state import JobKind, JobStatus
from obim.runs.trust_jobs import Converge, Trust
from obim.runs.what_if_jobs import Reckon, ScoreOrders, TryOrders

log = logging.getLogger(__name__)
KINDS: dict[type, JobKind] = {
    Check: "check",
    Calibrate: "calibrate",
    Explore: "explore",
    Trust: "trust",
    Converge: "converge",
    Advance: "advance",
    Back: "back",
    Evaluate: "evaluate",
    Tune: "tune",
    Export: "export",
    Download: "download",
    LookUp: "look_up",
    AddSet: "add_set",
    RemoveSet: "remove_set",
    Reckon: "reckon",
    TryOrders: "try_orders",
    ScoreOrders: "score_orders",
}
_AGAIN = 2.0
"""Seconds before the end of a job is written down again."""


def main(pipe: Connection, device: str = "cpu") -> None:
    """Serve until the other end closes; jobs compute on ``device``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that half-written folders go
    worker = Worker(pipe, device)
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.work()


class Worker:
    """State of the process: the queues, and the bench of the run in hand."""

    def __init__(self, pipe: Connection, device: str = "cpu") -> None:
        self._pipe, self._device = pipe, device
        self._jobs: queue.Queue[tuple[Any, ...]] = queue.Queue()
        self._reads: queue.Queue[tuple[int, Path, Read]] = queue.Queue()
        self._stop = threading.Event()  # of the job that came last; each has its own
        self._process = process_key(os.getpid())
        self._bench: Any = None
        self._busy = False

    def listen(self) -> None:
        """Take messages in; end the process when there is nobody left to serve."""
        try:
            while True:
                message = self._pipe.recv()
                if message[0] == "stop":
                    self._stop.set()
                elif message[0] == "read":
                    self._reads.put(message[1:])
                    self._jobs.put(("wake",))
                elif message[0] == "job":
                    self._stop = threading.Event()
                    self._jobs.put((*message, self._stop))
        except (EOFError, OSError):
            os._exit(1)

    def work(self) -> None:
        """Do one thing after the other."""
        set_threads()
        import obim.runs.bench  # noqa: F401  (slow to import: before the first job asks for it)

        self._send("ready")
        while True:
            message = self._jobs.get()
            if message[0] == "job":
                self._busy = True
                self._do(*message[1:])
                self._busy = False
            self._serve()

    def _do(self, path: Path, job: Job, exports: Path, stop: threading.Event) -> None:
        folder = RunFolder(path)
        desk = Desk.open(folder, KINDS[type(job)], self._process, stop.is_set, self._serve)
        status, error = self._outcome(path, job, desk, exports)
        said = False
        while not said:
            try:
                desk.write(status, error)
                said = True
            except OSError:
                log.exception("the end of a job can't be written down; trying again")
                time.sleep(_AGAIN)
                self._serve()

    def _outcome(
        self, path: Path, job: Job, desk: Desk, exports: Path
    ) -> tuple[JobStatus, Sentence | None]:
        """Do a job; how it ended, and why where it failed."""
        from obim.runs.dispatching import do_job
        from obim.runs.downloading import run_download
        from obim.runs.keeping_sets import run_set_job, update_skills
        from obim.runs.looking_up import run_look_up
        from obim.runs.noticing import notice_changes

        try:
            if isinstance(job, Download):
                run_download(RunFolder(path), job, desk)
                return "done", None
            if isinstance(job, LookUp):
                run_look_up(RunFolder(path), job, desk, exports)
                return "done", None
            bench = self._bench_of(path)  # before the tick, which serves reads: of this run
            if isinstance(job, (AddSet, RemoveSet)):
                run_set_job(bench, job, desk)
                return "done", None
            notice_changes(bench)
            update_skills(bench)
            desk.tick(0.0, "load")
            do_job(bench, job, desk, exports)
        except StopJob:
            return "stopped", None
        except ObimError as error:
            return "failed", error.sentence
        except MemoryError:
            log.exception("out of memory")
            self._bench = None
            return "failed", Sentence(
                "There was not enough memory for this; close other programs or use fewer donors."
            )
        except Exception as error:
            log.exception("a job failed")
            self._bench = None  # the next one mends what a write that failed left in the journal
            return "failed", _unforeseen(error, path).sentence
        return "done", None

    def _bench_of(self, path: Path) -> Any:
        from obim.models.device import choose_device
        from obim.runs.bench import Bench

        if self._bench is None or self._bench.folder.path != path:
            self._bench = Bench(RunFolder(path), self._bench, choose_device(self._device))
        return self._bench

    def _serve(self) -> None:
        """Answer the reads that wait."""
        while True:
            try:
                number, path, request = self._reads.get_nowait()
            except queue.Empty:
                return
            try:
                self._send("answer", number, self._read(path, request))
            except ObimError as error:
                self._send("refused", number, error)
            except Exception as error:
                log.exception("a read failed")
                self._send("refused", number, _unforeseen(error, path))

    def _read(self, path: Path, request: Read) -> Any:
        from obim.runs.dispatching import answer
        from obim.runs.noticing import notice_changes

        if self._busy and self._bench is not None and self._bench.folder.path != path:
            raise RunError("The worker is busy with another run; wait until it is done.")
        bench = self._bench_of(path)
        if not self._busy:
            notice_changes(bench)
        return answer(bench, request, self._busy)

    def _send(self, *message: Any) -> None:
        try:
            self._pipe.send(message)
        except (OSError, ValueError):
            os._exit(1)


def _unforeseen(error: Exception, path: Path) -> RunError:
    """What a user is told of an error that no job foresees."""
    from obim.models.device import is_out_of_memory

    if is_out_of_memory(error):
        return RunError(
            "The GPU had not enough memory for this; close what else uses it, or start OBIM Studio "
            "with --device cpu."
        )
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        return RunError(
            "The disk that holds {path} is full; make room there and try again.", path=path
        )
    if code == errno.EROFS:
        return RunError(
            "{path} can't be written to; make its disk writable and try again.", path=path
        )
    return RunError(
        "Something went wrong that should not ({kind}); the log has the details.",
        kind=type(error).__name__,
    )


def set_threads() -> None:
    """Use all cores, unless the environment says otherwise."""
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(os.cpu_count() or 1)
