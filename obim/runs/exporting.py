"""The Export job: write the current turn, read it back, compare with what was merged.

The folder gets its name after that. It merges nothing and scores nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from obim.errors import ExportError, RunError
from obim.merging.engine import Merge
from obim.merging.pieces import cast
from obim.models.disk import require_room
from obim.models.export import export, verify
from obim.models.writing import bytes_written
from obim.runs.bench import Bench
from obim.runs.calibrating import prepare
from obim.runs.card import describe_calibration, write_card
from obim.runs.desk import Desk
from obim.runs.evaluation_file import NAME as EVALUATION
from obim.runs.evaluation_file import write_table
from obim.runs.exported import ExportState
from obim.runs.jobs import Export
from obim.runs.owning import OwnerFile
from obim.runs.recipe import dump_recipe
from obim.runs.state import RunState
from obim.runs.switches import MERGED

_LONGEST_NAME = 96
_SMALLEST_SHARD = 1_000_000


def run_export(bench: Bench, job: Export, desk: Desk, exports: Path) -> None:
    """Write, check, publish, journal."""
    check_name(job.name)
    if job.shard_bytes < _SMALLEST_SHARD:
        raise ExportError("A file has to be allowed 1 MB at least; choose a larger shard size.")
    dtype: torch.dtype = getattr(torch, job.dtype)
    require_room(exports, bytes_written(bench.base.tensors.values(), dtype))
    merge = prepare(bench, desk.part(0.0, 0.2))
    state = bench.reader.state()
    if state.turn == 0:
        raise RunError("Nothing is merged yet; take the first turn before exporting.")
    owners = OwnerFile(bench) if job.owner_map else None
    computing = str(bench.computing).removeprefix("torch.")
    write, back = desk.part(0.2, 0.7), _ReadBack(merge, bench.base.parameters, desk.part(0.7, 1.0))
    report = export(
        exports / job.name,
        bench.base,
        _tensors(merge, dtype, write, bench.base.parameters, owners),
        dtype=dtype,
        shard_bytes=job.shard_bytes,
        recipe=_recipe(state, job),
        card=_card(bench, state, job),
        extra_files={EVALUATION: write_table(bench.reader, state.turn, job.dtype, computing)},
        beside=owners.open if owners else None,
        beside_bytes=owners.nbytes if owners else 0,
        check=lambda folder, digest: verify(folder, digest, back.look),
    )
    entry = ExportState(
        name=job.name,
        path=str(report.path),
        dtype=job.dtype,
        files={f.name: f.stat().st_size for f in sorted(report.path.iterdir())},
        content_hash=report.content_hash,
        identical=back.identical,
        exact=back.exact,
        turn=state.turn,
        evaluated=any(s.model == MERGED and s.turn == state.turn for s in state.scores),
    )
    bench.folder.append({"event": "export", "export": entry.model_dump(mode="json")}, durable=True)


def check_name(name: str) -> None:
    """A folder name and no path.

    Raises:
        ExportError: it is empty, too long, hidden, or holds more than letters, digits, ``-_. ``.
    """
    if not 1 <= len(name) <= _LONGEST_NAME or name.startswith((".", " ")) or name.endswith(" "):
        raise ExportError(
            "A name has 1 to {most} characters and begins with a letter.", most=_LONGEST_NAME
        )
    if not all(c.isalnum() or c in "-_. " for c in name):
        raise ExportError("A name may hold letters, digits, '-', '_', '.' and spaces; change it.")


def _card(bench: Bench, state: RunState, job: Export) -> str:
    words = describe_calibration(bench.spec, bench.stats())
    return write_card(state, job.name, job.dtype, words, owner_map=job.owner_map)


def _recipe(state: RunState, job: Export) -> str:
    lines = [dump_recipe(state.spec)]
    if state.turn != state.spec.turns:
        lines.append(f"# exported after turn {state.turn} of {state.spec.turns}\n")
    if job.dtype != state.spec.dtype:
        lines.append(f"# merged in {state.spec.dtype}, then written in {job.dtype}\n")
    return "".join(lines)


def _tensors(
    merge: Merge, dtype: torch.dtype, desk: Desk, positions: int, owners: OwnerFile | None
) -> Iterator[tuple[str, Tensor]]:
    total, done = max(1, positions), 0
    for name, tensor in merge.merged():
        desk.tick(done / total, "write")
        yield name, cast(tensor, dtype, name) if tensor.is_floating_point() else tensor
        if owners is not None and name in merge.owner:
            owners.note(name, merge.owner[name])
        done += tensor.numel()


class _ReadBack:
    """Compares what a folder holds with the merge, tensor by tensor.

    Attributes:
        identical: all equals the merge as it is in the folder's dtype.
        exact: all equals the merge's own values.
    """

    def __init__(self, merge: Merge, positions: int, desk: Desk) -> None:
        self.identical = self.exact = True
        self._merge, self._desk = merge, desk
        self._total, self._done = max(1, positions), 0

    def look(self, name: str, back: Tensor) -> None:
        """Take one tensor as it was read from the disk."""
        self._desk.tick(self._done / self._total, "verify")
        self._done += back.numel()
        wanted = self._merge.tensor(name)
        if not wanted.is_floating_point():
            same = exact = torch.equal(back, wanted)
        else:
            same = torch.equal(back, wanted.to(back.dtype))
            exact = same and torch.equal(back.double(), wanted.double())
        self.identical, self.exact = self.identical and same, self.exact and exact
