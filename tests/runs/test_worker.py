"""The worker's handling of one job, in this process, on a pipe of its own."""

import errno
import subprocess
import sys
import threading
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
import torch

from obim.runs import worker as room
from obim.runs.bench import Bench
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Cell, Check, Job
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.runs.worker import Worker
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

CELL = Cell("model.norm.weight", 0)


def make_run(root: Path) -> RunFolder:
    base = root / "base"
    if not base.exists():
        save_donor(root / "d", save_tiny(base, layers=1))
    donor = Donor(name="d", source=str(root / "d"))
    spec = MergeSpec(base=str(base), donors=(donor,), rounds=2, estimator="magnitude")
    return RunFolder.create(root / "runs", spec)


def test_reads_that_wait_are_of_the_run_whose_job_begins(tmp_path: Path) -> None:
    old, new = make_run(tmp_path), make_run(tmp_path)
    ours, theirs = Pipe()
    with ours, theirs:
        worker = Worker(theirs)
        worker._bench_of(old.path)
        worker._busy = True
        worker._reads.put((1, new.path, CELL))
        worker._reads.put((2, old.path, CELL))
        worker._do(new.path, Check(), tmp_path, threading.Event())
        assert [ours.recv()[:2] for _ in range(2)] == [("answer", 1), ("refused", 2)]
    assert new.progress()["status"] == "done"


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "writable")]
)
def test_a_disk_that_takes_nothing_ends_the_job_and_not_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    folder = make_run(tmp_path)
    write, refused = RunFolder.write_progress, []

    def refuse(self: RunFolder, **job: Any) -> None:
        if len(refused) < 3:
            refused.append(job["status"])
            raise OSError(code, "no")
        write(self, **job)

    monkeypatch.setattr(RunFolder, "write_progress", refuse)
    monkeypatch.setattr(room, "_AGAIN", 0.0)
    ours, theirs = Pipe()
    with ours, theirs:
        Worker(theirs)._do(folder.path, Check(), tmp_path, threading.Event())
    assert refused == ["running", "failed", "failed"]
    assert folder.progress()["status"] == "failed"
    assert words in folder.progress()["error"]


def test_too_little_memory_on_the_gpu_is_said_and_frees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("obim.runs.dispatching.run_check", fail)
    folder = make_run(tmp_path)
    ours, theirs = Pipe()
    with ours, theirs:
        worker = Worker(theirs)
        worker._do(folder.path, Check(), tmp_path, threading.Event())
    assert "The GPU had not enough memory" in folder.progress()["error"]
    assert worker._bench is None


def test_jobs_compute_on_the_device_that_the_studio_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    ours, theirs = Pipe()
    with ours, theirs:
        assert Worker(theirs, "cuda")._bench_of(folder.path).device == torch.device("cuda")
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        Worker(theirs, "cuda")._do(folder.path, Check(), tmp_path, threading.Event())
    assert "no cuda device here" in folder.progress()["error"]


def test_a_worker_that_is_ended_tidies_up() -> None:
    script = """
import os, signal, time
from multiprocessing import Pipe
from obim.runs import worker

class Busy(worker.Worker):
    def work(self):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        finally:
            print("tidied")

worker.Worker = Busy
ours, theirs = Pipe()
worker.main(theirs)
"""
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "tidied\n"


SCORE = {
    "skill": "s", "model": "base", "turn": None, "quick": True, "evaluator": "exact_match",
    "n": 1, "score": 1.0, "low": 0.2, "high": 1.0, "mean_tokens": 1.0,
}  # fmt: skip


def test_files_that_change_take_along_what_was_measured_on_them(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    ours, theirs = Pipe()
    with ours, theirs:
        worker = Worker(theirs)

        def do(job: Job) -> RunState:
            worker._do(folder.path, job, tmp_path, threading.Event())
            return RunReader(folder).state()

        assert do(Check()).scanned
        folder.append({"event": "score", "score": SCORE, "items": {"i": True}})
        live = worker._bench.live
        state = do(Check())
        assert (len(state.scores), worker._bench.loaded) == (1, live)
        save_donor(tmp_path / "d", tmp_path / "base", seed=7)
        state = do(Check())
        assert (state.scanned, state.scores, worker._bench.loaded) == (True, (), None)
        assert do(Advance(1, "off")).turn == 1
        save_donor(tmp_path / "d", tmp_path / "base", seed=8)
        worker._reads.put((1, folder.path, CELL))
        worker._serve()
        number, error = ours.recv()[1:]
        assert number == 1
        assert "first turn" in str(error)
        for job in (Advance(1, "off"), Check()):
            state = do(job)
            assert state.turn == 1
            assert state.job is not None
            assert state.job.status == "failed"
            assert f"The files of {tmp_path / 'd'} have changed" in state.job.error


def test_a_run_takes_nothing_over_from_another_base(tmp_path: Path) -> None:
    old, new = make_run(tmp_path), make_run(tmp_path)
    before = Bench(old)
    base, live = before.base, before.live
    same = Bench(new, before)
    assert (same.base, same.live) == (base, live)
    save_tiny(tmp_path / "base", layers=1)
    other = Bench(new, before)
    assert other.base is not base
    assert other.loaded is None
