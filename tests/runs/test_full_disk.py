"""A disk that fills up or is made read-only while it is written to: nothing is half there.

The disk is a small one in memory where this machine lets one be mounted; else a limit on the size
of files, and writes that are refused, take its place. Which it was is printed, and stands in the
report.
"""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from obim.errors import ExportError
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.export import export, hash_folder
from obim.runs import worker as room
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Export, Job
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

SIZE = 40 * 2**20
LIMITED = """
import resource, sys
from pathlib import Path
from obim.errors import ExportError
from obim.models.checkpoint import open_checkpoint
from tests.runs.test_full_disk import write
base, out = open_checkpoint(sys.argv[1]), Path(sys.argv[2])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, most))
try:
    write(out, base)
except ExportError as error:
    print(error)
print(sorted(path.name for path in out.parent.iterdir()))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(write(out, base))
"""


class Disk:
    """A small disk of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Another program takes all that is left."""
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as stream:
            while stream.write(bytes(4096)):
                pass
        assert shutil.disk_usage(self.path).free == 0

    def empty(self) -> None:
        """Room is made."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """Make it ``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True)

    @property
    def names(self) -> list[str]:
        """All that lies on it, but for the other program's."""
        return sorted(path.name for path in self.path.iterdir() if path != self._filler)


class Refusing:
    """A folder to which a run's files can't be written while it is full."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path.mkdir(exist_ok=True)
        self.path, self._full = path, False
        for name in ("append", "write_progress"):
            monkeypatch.setattr(RunFolder, name, self._guarded(getattr(RunFolder, name)))

    def _guarded(self, write: Callable[..., None]) -> Callable[..., None]:
        def refuse(*given: Any, **named: Any) -> None:
            if self._full:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(*given, **named)

        return refuse

    def fill(self) -> None:
        self._full = True

    def empty(self) -> None:
        self._full = False

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.path.iterdir())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk | None]:
    """A small disk; None where none can be mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = [shutil.which("mount") or "false", "-t", "tmpfs", "-o", f"size={SIZE}"]
    if subprocess.run([*mount, "tmpfs", str(path)], check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def write(out: Path, base: Checkpoint, spoil: Callable[[], None] | None = None) -> str:
    """Export a base in float32; ``spoil`` is called after half of its tensors."""

    def tensors() -> Iterator[tuple[str, Tensor]]:
        for i, name in enumerate(base.tensors):
            if spoil is not None and i == len(base.tensors) // 2:
                spoil()
            yield name, base.read(name)

    made = export(
        out, base, tensors(), dtype=torch.float32, shard_bytes=20_000, recipe="x", card="x"
    )
    return made.content_hash


def test_an_export_goes_on_after_room_is_made(
    disk: Disk | None, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ran = "file size limit" if disk is None else "tmpfs"
    record_property("disk", ran)
    print(f"the small disk is a {ran}")
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    wanted = write(tmp_path / "elsewhere", base)
    if disk is None:
        refuse_large_files(tmp_path, wanted)
        return
    with pytest.raises(ExportError, match=f"The disk of {disk.path} is full; make room"):
        write(disk.path / "out", base, disk.fill)
    assert disk.names == []
    with pytest.raises(ExportError, match=r"MB are needed; make room or choose another folder"):
        write(disk.path / "out", base)
    disk.empty()
    assert write(disk.path / "out", base) == wanted == hash_folder(disk.path / "out")
    disk.remount("ro")
    with pytest.raises(ExportError, match=f"{disk.path} can't be written to; choose another"):
        write(disk.path / "more", base)
    disk.remount("rw")
    assert write(disk.path / "more", base) == wanted
    assert disk.names == ["more", "out"]


def test_a_disk_that_takes_no_large_files_says_so(tmp_path: Path) -> None:
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    refuse_large_files(tmp_path, write(tmp_path / "elsewhere", base))


def refuse_large_files(root: Path, wanted: str) -> None:
    """Export in a process that may write small files only, and then again."""
    out = root / "limited" / "out"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(root / "base"), str(out)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    said, left, digest = done.stdout.splitlines()
    assert said.startswith(f"The disk of {out.parent} takes no files this large; choose a smaller")
    assert left == "[]"
    assert digest == wanted == hash_folder(out)


def run_in(home: Path, models: Path) -> RunFolder:
    donor = Donor(name="d", source=str(models / "d"), density=0.5)
    spec = MergeSpec(base=str(models / "base"), donors=(donor,), rounds=6, estimator="magnitude")
    return RunFolder.create(home / "runs", spec)


def do(folder: RunFolder, job: Job) -> RunState:
    """One job, done by the worker's own code."""
    ours, theirs = Pipe()
    with ours, theirs:
        room.Worker(theirs)._do(folder.path, job, folder.path.parents[1], threading.Event())
    return RunReader(folder).state()


def finish(folder: RunFolder) -> str:
    """The rest of the turns, and the hash of what is exported."""
    assert do(folder, Advance(99, "off")).turn == 6
    (made,) = do(folder, Export("out", "bfloat16")).exports
    assert made.identical
    return made.content_hash


def test_a_run_keeps_its_turns_and_goes_on_after_room_is_made(
    disk: Disk | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_donor(tmp_path / "d", save_tiny(tmp_path / "base", layers=1))
    wanted = finish(run_in(tmp_path, tmp_path))
    small = disk or Refusing(tmp_path / "disk", monkeypatch)
    print(f"the small disk is {type(small).__name__}")
    folder = run_in(small.path, tmp_path)
    assert do(folder, Advance(2, "off")).turn == 2
    monkeypatch.setattr(room.time, "sleep", lambda _: small.empty())  # room is made meanwhile
    small.fill()
    state = do(folder, Advance(99, "off"))
    assert state.job is not None
    assert state.job.status == "failed"
    assert state.job.error == (
        f"The disk that holds {folder.path} is full; make room there and try again."
    )
    assert 2 <= state.turn < 6
    assert finish(folder) == wanted
    assert small.names == ["out", "runs"]
