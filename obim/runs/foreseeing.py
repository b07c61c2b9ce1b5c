"""What merging will take on this machine: the parts put together. Headers only; no weight is read.

What computing takes is in `obim.merging.estimating`, the pace of the disk in `obim.models.disk`.
"""

import time
from functools import lru_cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import torch

from obim.merging.estimating import memory_stepped, memory_streamed, seconds_to_merge
from obim.models.device import CPU, free_memory
from obim.models.disk import free_on, ground, measure_pace, require_room
from obim.models.sources import FullSource
from obim.models.writing import bytes_written
from obim.registry import find
from obim.runs.bench import Bench
from obim.runs.costing import goes_by_layer, kept_on_disk, memory_whole
from obim.runs.effort import MEASURE
from obim.runs.measuring import measuring, unmeasured
from obim.runs.memory import TIGHT
from obim.runs.naming import group_of
from obim.runs.needs import Needs
from obim.runs.placing import comfortable
from obim.runs.statistics_needed import needs_statistics

_FLOAT32 = 4
_PLENTY = 3
"""Copies of a layer in float32 there are while it is read and used: stored, changed, in place."""
_SIDE = 1024
_LIBRARIES = 250 * 10**6
"""Bytes that transformers takes once a model is live."""


def foresee_command(bench: Bench, out: Path, began: float, owner_map: bool) -> Needs:
    """What ``obim merge`` takes: tensors stream through.

    Args:
        bench: with what statistics there are already.
        out: folder to be.
        began: `time.perf_counter` when the command began.
        owner_map: write the map of owners too.

    Raises:
        OSError: the target can't be written to, or is full.
    """
    merging = memory_streamed(bench.spec, bench.base)
    seconds, calibrating = _seconds(bench, out.parent), _calibrating(bench)
    own, free = psutil.Process().memory_info().rss, free_memory(CPU)
    return Needs(
        seconds=time.perf_counter() - began + seconds,
        measuring=calibrating,
        memory=own + max(merging, _memory_measuring(bench) if calibrating else 0),
        memory_free=own + free,
        disk=exported(bench, owner_map),
        disk_free=free_on(out),
    )


def foresee_run(bench: Bench, exports: Path) -> Needs:
    """What a run on the page takes: all donors stay in memory to be stepped, beside a live model.

    Args:
        bench: nothing of it need be loaded yet.
        exports: where exported folders go.

    Raises:
        OSError: the run's folder can't be written to, or its disk is full.
    """
    own, free = psutil.Process().memory_info().rss, free_memory(CPU)
    live = bench.base.parameters * bench.computing.itemsize
    if bench.loaded is not None and bench.loaded.device == CPU:
        own, free = own - live, free + live
    if bench.merge is not None:
        held = memory_stepped(bench.spec, bench.base)
        own, free = max(0, own - held), free + held
    calibrating = _calibrating(bench)
    shown = live + _LIBRARIES if live <= TIGHT * free else 0
    merging = memory_stepped(bench.spec, bench.base) + shown
    disk, disk_free = positions(bench) + exported(bench), free_on(exports)
    disk += _kept_statistics(bench)
    return Needs(
        seconds=_seconds(bench, bench.folder.path) if disk <= disk_free else None,
        measuring=calibrating,
        memory=own + max(merging, _memory_measuring(bench) if calibrating else 0),
        memory_free=own + free,
        disk=disk,
        disk_free=disk_free,
        token=2 * bench.base.parameters * _seconds_per_operation(),
    )


def require_room_for_run(bench: Bench, exports: Path) -> None:
    """Before the first turn: room for the owner map, and for the export that comes of it.

    Raises:
        ExportError: the disk of the run or of the exports has less free.
    """
    if bench.reader.turns():
        return
    own = 0 if bench.folder.has_owner_map else positions(bench)
    out, run = exported(bench), bench.folder.path
    if ground(exports).stat().st_dev == run.stat().st_dev:
        require_room(exports, own + out)
    else:
        require_room(run, own)
        require_room(exports, out)


def positions(bench: Bench) -> int:
    """Bytes of the owner map: one a position that may change."""
    return sum(n for _, n in bench.sizes())


def written(bench: Bench) -> int:
    """Bytes of the weights that an export in the run's dtype writes."""
    return bytes_written(bench.base.tensors.values(), getattr(torch, bench.spec.dtype))


def exported(bench: Bench, owner_map: bool = True) -> int:
    """Bytes of an export at most: weights, and the map of owners before it is packed."""
    return written(bench) + (positions(bench) if owner_map else 0)


def _seconds(bench: Bench, folder: Path) -> float:
    """Reading base and donors, merging, writing, reading back."""
    pace, out = measure_pace(ground(folder)), written(bench)
    read = sum(info.nbytes for info in bench.base.tensors.values())
    for donor in bench.donors:
        if isinstance(donor, FullSource):
            read += sum(info.nbytes for info in donor.checkpoint.tensors.values())
        else:
            read += _FLOAT32 * donor.parameters
    files = read * pace.read + out * (pace.write + pace.back)
    return files + seconds_to_merge(bench.spec, bench.base)


def _calibrating(bench: Bench) -> float:
    """Seconds of measuring on texts what isn't measured yet: two operations a weight and token."""
    if not _calibrates(bench):
        return 0.0
    tokens = measuring(bench) / MEASURE
    return tokens * 2 * bench.base.parameters * _seconds_per_operation() if tokens else 0.0


def _calibrates(bench: Bench) -> bool:
    method = find("merge_method", bench.spec.method)
    return bool(method.facts.get("needs_saliency")) and needs_statistics(bench.spec)


def _kept_statistics(bench: Bench) -> int:
    """Bytes of the statistics that are still to be kept, where they are a tensor a weight."""
    return (
        len(unmeasured(bench)) * kept_on_disk(bench.spec, bench.base) if _calibrates(bench) else 0
    )


def _memory_measuring(bench: Bench) -> int:
    """A live model in float32, or a layer of it where that takes too much of the memory."""
    whole = memory_whole(bench.spec, bench.base)
    if not goes_by_layer(bench.spec) or whole <= comfortable(CPU) * free_memory(CPU):
        return whole + _LIBRARIES
    layers: dict[object, int] = {}
    for name, info in bench.base.tensors.items():
        layers[group_of(name)] = layers.get(group_of(name), 0) + info.numel
    return _PLENTY * _FLOAT32 * max(layers.values()) + _LIBRARIES


@lru_cache(maxsize=1)
def _seconds_per_operation() -> float:
    """Of a product of float32 matrices as large as those of a model, measured once."""
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(_SIDE, _SIDE, generator=generator) for _ in range(2))
    left @ right  # the first is slower
    began = time.perf_counter()
    for _ in range(4):
        left @ right
    return (time.perf_counter() - began) / (4 * 2 * _SIDE**3)
