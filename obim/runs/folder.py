"""A run is a folder: spec.yaml, journal.jsonl, progress.json, owner.u8, stats/.

The journal is append-only and holds every result; progress.json, replaced whole, holds the job in
hand; the owner map is written in place and trusted up to the journal's last turn. Nothing here
merges, and only one process writes to a run at a time.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]
from numpy.typing import NDArray

from obim.errors import RunError
from obim.models.temporary import make_temporary
from obim.runs.filing import allot, replace_text
from obim.runs.recipe import read_recipe, write_recipe
from obim.types import MergeSpec

Event = dict[str, Any]
JOURNAL, PROGRESS, OWNER, SPEC, STATS = (
    "journal.jsonl",
    "progress.json",
    "owner.u8",
    "spec.yaml",
    "stats",
)

_CLOCK_SLACK = 5.0
"""Seconds by which two looks at the start of the same process may differ."""


RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


def new_id() -> str:
    """A run id: time, then something random."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def current_run(home: Path) -> str | None:
    """Id of the run that was made last in a home, or None."""
    path = home / "current"
    if not path.is_file():
        return None
    run_id = path.read_text(encoding="utf-8").strip()
    known = RUN_ID.fullmatch(run_id) and (home / "runs" / run_id / SPEC).is_file()
    return run_id if known else None


def process_key(pid: int) -> list[float] | None:
    """Pid and start time, which tell a process from a later one with its pid; None if dead."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return [float(pid), float(process.create_time())]
    except psutil.Error:
        return None


def is_orphan(progress: Mapping[str, Any]) -> bool:
    """The process that a job was given to is gone.

    Args:
        progress: what progress.json says of the job.
    """
    key = progress.get("process")
    if not key:
        return True
    now = process_key(int(key[0]))
    return now is None or abs(now[1] - key[1]) > _CLOCK_SLACK


class RunFolder:
    """One run on disk.

    Attributes:
        path: the folder; its name is the run's id.
        id: of the run.
    """

    def __init__(self, path: Path) -> None:
        if not (path / SPEC).is_file():
            raise RunError("There is no run {name!r}; start a new one.", name=path.name)
        self.path = path
        self.id = path.name

    @classmethod
    def create(cls, runs: Path, spec: MergeSpec) -> "RunFolder":
        """Make a new run; it appears under its id only when it is whole."""
        runs.mkdir(parents=True, exist_ok=True)
        name = new_id()
        work = make_temporary(runs)
        (work / STATS).mkdir()
        (work / JOURNAL).touch()
        write_recipe(spec, work / SPEC)
        with (work / SPEC).open("r+b") as stream:
            os.fsync(stream.fileno())
        work.rename(runs / name)
        return cls(runs / name)

    def spec(self) -> MergeSpec:
        """What the run merges."""
        return read_recipe(self.path / SPEC)

    def append(self, *events: Mapping[str, Any], durable: bool = False) -> None:
        """Add events to the journal; ``durable`` waits for the disk."""
        text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        with (self.path / JOURNAL).open("a", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())

    def mend(self) -> None:
        """Cut off a last line that a killed writer left unfinished."""
        path = self.path / JOURNAL
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)

    def events(self, offset: int = 0) -> Iterator[tuple[int, Event]]:
        """Events from a byte offset on, each with the offset behind it."""
        with (self.path / JOURNAL).open("rb") as stream:
            stream.seek(offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                try:
                    yield offset, json.loads(line)
                except ValueError as error:
                    raise RunError(
                        "The journal of run {run} is damaged; start a new run.", run=self.id
                    ) from error

    def journal_size(self) -> int:
        """Bytes of the journal."""
        return (self.path / JOURNAL).stat().st_size

    def progress(self) -> dict[str, Any]:
        """The job in hand or the last one; empty before the first, or torn by a power cut.

        It is written too often to wait for the disk, and holds nothing that the journal lacks.
        """
        try:
            value = json.loads((self.path / PROGRESS).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        except OSError as error:
            raise RunError(
                "The progress file of run {run} can't be read; check who may read its folder.",
                run=self.id,
            ) from error
        return value if isinstance(value, dict) else {}

    def write_progress(self, **job: Any) -> None:
        """Replace progress.json; its number ``seq`` grows by one."""
        seq = int(self.progress().get("seq", 0)) + 1
        replace_text(self.path / PROGRESS, json.dumps({"seq": seq, **job}, ensure_ascii=False))

    @property
    def has_owner_map(self) -> bool:
        """The owner map has its place on the disk."""
        return (self.path / OWNER).exists()

    def owner_maps(self, sizes: Sequence[tuple[str, int]]) -> dict[str, NDArray[np.uint8]]:
        """The owner map, a writable view a tensor; made of zeros where there is none.

        Args:
            sizes: (name, positions) of the tensors that may change, sorted by name.

        Raises:
            RunError: the file has another size than the model.
            OSError: there is no room for it.
        """
        path, total = self.path / OWNER, sum(n for _, n in sizes)
        if not self.has_owner_map:
            allot(path, total)
        if path.stat().st_size != total:
            raise RunError("The base model has changed since this run began; start a new run.")
        whole = np.memmap(path, np.uint8, "r+", shape=(total,))
        maps, start = {}, 0
        for name, n in sizes:
            maps[name] = whole[start : start + n].view(np.ndarray)
            start += n
        return maps

    def stats_path(self, key: str) -> Path:
        """Where the statistics with a key are kept."""
        return self.path / STATS / f"{key}.safetensors"


def open_run(home: Path, run_id: str) -> RunFolder:
    """A run of a home.

    Raises:
        RunError: there is none of that name.
    """
    if not RUN_ID.fullmatch(run_id):
        raise RunError("That is no run; start a new one.")
    return RunFolder(home / "runs" / run_id)
