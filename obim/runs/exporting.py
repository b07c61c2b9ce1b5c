"""The Export job: write the current turn, read it back, compare with what was evaluated."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from obim.errors import ExportError, RunError
from obim.merging.engine import Merge
from obim.merging.ranking import cast
from obim.models.checkpoint import open_checkpoint
from obim.models.export import export, verify
from obim.runs.bench import Bench
from obim.runs.calibrating import prepare
from obim.runs.card import describe_calibration, write_card
from obim.runs.desk import Desk
from obim.runs.jobs import Export
from obim.runs.recipe import dump_recipe
from obim.runs.state import ExportState, RunState

_LONGEST_NAME = 96
_SMALLEST_SHARD = 1_000_000


def run_export(bench: Bench, job: Export, desk: Desk, exports: Path) -> None:
    """Write, verify, journal."""
    check_name(job.name)
    if job.shard_bytes < _SMALLEST_SHARD:
        raise ExportError("A file has to be allowed 1 MB at least; choose a larger shard size.")
    merge = prepare(bench, desk.part(0.0, 0.2))
    state = bench.reader.state()
    if state.turn == 0:
        raise RunError("Nothing is merged yet; take the first turn before exporting.")
    dtype: torch.dtype = getattr(torch, job.dtype)
    write, check = desk.part(0.2, 0.7), desk.part(0.7, 1.0)
    report = export(
        exports / job.name,
        bench.base,
        _tensors(merge, bench, dtype, write),
        dtype=dtype,
        shard_bytes=job.shard_bytes,
        recipe=_recipe(state, job),
        card=write_card(
            state, job.name, job.dtype, describe_calibration(bench.spec, bench.stats())
        ),
    )
    check.tick(0.0, "verify", job.name)
    verify(report.path, report.content_hash)
    identical = _is_identical(merge, bench, report.path, check)
    entry = ExportState(
        name=job.name,
        path=str(report.path),
        dtype=job.dtype,
        files={f.name: f.stat().st_size for f in sorted(report.path.iterdir())},
        content_hash=report.content_hash,
        identical=identical,
        turn=state.turn,
        evaluated=any(s.turn == state.turn for s in state.scores),
    )
    bench.folder.append({"event": "export", "export": entry.model_dump(mode="json")}, durable=True)


def check_name(name: str) -> None:
    """A folder name and no path.

    Raises:
        ExportError: it is empty, too long, hidden, or holds more than letters, digits, ``-_. ``.
    """
    if not 1 <= len(name) <= _LONGEST_NAME or name.startswith((".", " ")) or name.endswith(" "):
        raise ExportError(f"A name has 1 to {_LONGEST_NAME} characters and begins with a letter.")
    if not all(c.isalnum() or c in "-_. " for c in name):
        raise ExportError("A name may hold letters, digits, '-', '_', '.' and spaces; change it.")


def _recipe(state: RunState, job: Export) -> str:
    lines = [dump_recipe(state.spec)]
    if state.turn != state.spec.turns:
        lines.append(f"# exported after turn {state.turn} of {state.spec.turns}\n")
    if job.dtype != state.spec.dtype:
        lines.append(f"# merged in {state.spec.dtype}, then written in {job.dtype}\n")
    return "".join(lines)


def _tensors(
    merge: Merge, bench: Bench, dtype: torch.dtype, desk: Desk
) -> Iterator[tuple[str, Tensor]]:
    total, done = max(1, bench.base.parameters), 0
    for name, tensor in merge.merged():
        desk.tick(done / total, "write", name)
        yield name, cast(tensor, dtype, name) if tensor.is_floating_point() else tensor
        done += tensor.numel()


def _is_identical(merge: Merge, bench: Bench, path: Path, desk: Desk) -> bool:
    """The folder, read back, holds exactly the values that were evaluated."""
    written = open_checkpoint(path)
    total, done = max(1, bench.base.parameters), 0
    for name, tensor in merge.merged():
        back = written.read(name)
        same = (
            torch.equal(back.double(), tensor.double())
            if tensor.is_floating_point()
            else (torch.equal(back, tensor))
        )
        if not same:
            return False
        done += tensor.numel()
        desk.tick(done / total, "verify", name)
    return True
