"""A worker killed at random moments of every job: nothing is half-written, the end is the same."""

import os
import random
import signal
import time
from pathlib import Path

import psutil

from obim.models.export import hash_folder
from obim.models.temporary import clear_temporary
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Calibrate, Check, Evaluate, Export, Job
from obim.runs.reading import RunReader
from obim.runs.studio import Studio
from obim.saliency.store import load_stats
from tests.runs.test_studio import ACTIVE, do, make_spec, models, settle

__all__ = ["models"]
KILLS, LATEST = 20, 0.6
"""How many, and seconds after a job has begun to run within which it is killed."""


def jobs(skill: str) -> list[Job]:
    return [
        Check(),
        Calibrate(),
        Advance(2, "round"),
        Advance(99, "off"),
        Evaluate(("base", "full", "merged"), (skill,), 3),
        Export("out", "bfloat16", 1_000_000),
    ]


def kill_worker(folder: RunFolder) -> None:
    """Kill -9 whoever has this run's job in hand, if anybody has."""
    process = folder.progress().get("process")
    for child in psutil.Process().children():
        if process == [float(child.pid), child.create_time()]:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()


def check_whole(home: Path, folder: RunFolder) -> None:
    """All that lies under a final name is whole."""
    RunReader(folder).state()
    for path in (folder.path / "stats").glob("*.safetensors"):
        load_stats(path)
    exports = home / "exports"
    for out in exports.iterdir() if exports.is_dir() else ():
        if not out.name.startswith("."):
            assert hash_folder(out)
            assert (out / "README.md").is_file()


def test_twenty_kills_change_nothing(models: Path, tmp_path: Path) -> None:
    moments, spec = random.Random(5), make_spec(models)
    home = tmp_path / "home"
    studio = Studio(home)
    try:
        undisturbed = studio.create(spec)
        skill = do(studio, undisturbed, Check()).skills[0].id
        for job in jobs(skill)[1:-1]:
            do(studio, undisturbed, job)
        wanted = do(studio, undisturbed, Export("whole", "bfloat16", 1_000_000))
        run = studio.create(spec)
        folder = RunFolder(home / "runs" / run)
        todo = jobs(skill)
        for number in range(KILLS):
            studio.submit(run, todo[number * len(todo) // KILLS])
            while studio.state(run).job.status == "waiting":
                time.sleep(0.005)
            time.sleep(moments.uniform(0.0, LATEST))
            kill_worker(folder)
            assert settle(studio, run).job.status in {"interrupted", "done", "failed"}
            check_whole(home, folder)
        for job in todo[:-1]:
            do(studio, run, job)
        state = studio.state(run)
        if not state.exports:
            state = do(studio, run, todo[-1])
        assert state.exports[0].content_hash == wanted.exports[0].content_hash
        assert [t.claimed for t in state.turns] == [t.claimed for t in wanted.turns]
        clear_temporary(home / "exports")  # as the next start does
        assert sorted(p.name for p in (home / "exports").iterdir()) == ["out", "whole"]
        assert studio.state(run).job.status not in ACTIVE
    finally:
        studio.close()
