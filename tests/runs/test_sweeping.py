"""Which uploaded texts go, and when."""

import os
import time
from pathlib import Path

from obim.runs.folder import JOURNAL, RunFolder
from obim.runs.sweeping import OLD, TEXTS, sweep
from obim.types import Donor, MergeSpec


def upload(home: Path, name: str, age: float) -> Path:
    path = home / TEXTS / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - age,) * 2)
    return path


def run_on(home: Path, text: Path) -> RunFolder:
    donor = Donor(name="a", source="demo:dates", calibration=str(text))
    folder = RunFolder.create(home / "runs", MergeSpec(base="demo:base", donors=(donor,)))
    folder.append({"event": "check"})
    return folder


def test_old_texts_of_no_run_are_swept_away(tmp_path: Path) -> None:
    used, lost = (upload(tmp_path, f"{sign * 16}.txt", 2 * OLD) for sign in "ab")
    young = upload(tmp_path, f"{'c' * 16}.jsonl", OLD / 2)
    notes = upload(tmp_path, "notes.txt", 2 * OLD)
    folder = run_on(tmp_path, used)
    sweep(tmp_path / "runs", ())
    assert not lost.exists()
    assert used.exists()
    assert young.exists()
    assert notes.exists()

    os.utime(folder.path / JOURNAL, (time.time() - 2 * OLD,) * 2)
    assert sweep(tmp_path / "runs", ()) == [folder.id]
    assert used.exists(), "a copy of that run may come next"
    sweep(tmp_path / "runs", ())
    assert not used.exists()


def test_texts_stay_where_a_run_can_not_be_read(tmp_path: Path) -> None:
    lost = upload(tmp_path, f"{'a' * 16}.txt", 2 * OLD)
    folder = run_on(tmp_path, lost)
    (folder.path / "spec.yaml").write_bytes(b"\xff")
    sweep(tmp_path / "runs", ())
    assert lost.exists()
