"""On which device a live model goes, whole or by layer, in which format, by the memory free there.

Whatever differs from what was asked for is logged as a warning. It loads nothing.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from obim.errors import CalibrationError
from obim.merging.estimating import memory_stepped
from obim.models.checkpoint import Checkpoint
from obim.models.device import CPU, free_memory, is_quicker_in_float32
from obim.runs.costing import goes_by_layer, memory_whole
from obim.runs.memory import TIGHT
from obim.runs.naming import layer_of
from obim.types import MergeSpec

if TYPE_CHECKING:
    from obim.runs.bench import Bench

log = logging.getLogger(__name__)
_FLOAT32 = 4


@dataclass(frozen=True)
class Place:
    """Where donors are measured.

    Attributes:
        device: where their weights go.
        whole: all at once; otherwise one layer at a time.
    """

    device: torch.device
    whole: bool


def comfortable(device: torch.device) -> float:
    """Share of the free memory that a model may take: a graphics card has nothing else to do."""
    return 0.8 if device.type == "cuda" else 0.5


def place_live(base: Checkpoint, dtype: torch.dtype, device: torch.device) -> torch.device:
    """The device for a model that is asked: the one wanted, or the CPU where it is too large."""
    need, free = dtype.itemsize * base.parameters, free_memory(device)
    if device == CPU or need <= comfortable(device) * free:
        return device
    log.warning(
        "The model takes %.1f GB and %s has %.1f GB free; it runs on the CPU.",
        need / 1e9, device, free / 1e9,
    )  # fmt: skip
    return CPU


def choose_computing(spec: MergeSpec, base: Checkpoint, device: torch.device) -> torch.dtype:
    """The format that a model computes in when it is asked; its values stay those of the spec's.

    That is float32 where a CPU is quicker in it and there is memory to spare, beside the merge.
    """
    dtype: torch.dtype = getattr(torch, spec.dtype)
    if device != CPU or dtype.itemsize >= _FLOAT32:
        return dtype
    need = _FLOAT32 * base.parameters + memory_stepped(spec, base)
    fits = need <= comfortable(CPU) * free_memory(CPU)
    return torch.float32 if fits and is_quicker_in_float32(dtype) else dtype


def place_measuring(bench: "Bench", indices: Sequence[int]) -> Place:
    """Where to measure these donors, in float32: whole or, where that is too large, by layer.

    A donor that writes its own calibration texts has to be there whole, so then nearly all of the
    free memory may be taken. A device that has no room for the largest layer leaves it to the CPU.

    Raises:
        CalibrationError: a donor would write its own texts, or the estimator needs backward passes,
            and the model can't be there whole.
    """
    if not goes_by_layer(bench.spec):
        return _place_whole(bench)
    need = _FLOAT32 * bench.base.parameters
    writers = [d.name for d in (bench.spec.donors[i] for i in indices) if d.calibration == "self"]
    free = 0
    for device in dict.fromkeys((bench.device, CPU)):
        free = free_memory(device)
        room = comfortable(device) * free
        if need <= room or (writers and need <= TIGHT * free):
            return Place(device, whole=True)
        if not writers and (device == CPU or _FLOAT32 * _largest_part(bench.base) <= room):
            log.warning(
                "In float32 the model takes %.1f GB and %s has %.1f GB free; the donors are "
                "measured layer by layer.", need / 1e9, device, free / 1e9,
            )  # fmt: skip
            return Place(device, whole=False)
        if device != CPU:
            log.warning(
                "In float32 the model takes %.1f GB and %s has %.1f GB free; the donors are "
                "measured on the CPU.", need / 1e9, device, free / 1e9,
            )  # fmt: skip
    raise CalibrationError(
        "{donor!r} is too large to write its own calibration texts (it takes {need:.1f} GB of "
        "memory, {free:.1f} GB are free); give it calibration texts.",
        donor=writers[0],
        need=need / 1e9,
        free=free / 1e9,
    )


def _place_whole(bench: "Bench") -> Place:
    """Where to measure by backward passes: on the device, else on the CPU, or not at all."""
    need, free = memory_whole(bench.spec, bench.base), 0
    for device in dict.fromkeys((bench.device, CPU)):
        free = free_memory(device)
        if need <= TIGHT * free:
            return Place(device, whole=True)
        if device != CPU:
            log.warning(
                "Measuring for %s takes %.1f GB and %s has %.1f GB free; the donors are measured "
                "on the CPU.", bench.spec.estimator, need / 1e9, device, free / 1e9,
            )  # fmt: skip
    raise CalibrationError(
        "The estimator {estimator!r} takes {need:.1f} GB of memory with this model, {free:.1f} GB "
        "are free; choose 'layerwise', which can go layer by layer.",
        estimator=bench.spec.estimator,
        need=need / 1e9,
        free=free / 1e9,
    )


def place_taking_out(bench: "Bench", specs: Sequence[MergeSpec]) -> torch.device:
    """Where a donor goes whole in float32, with room for what these estimators measure.

    In fewer bits the loss would not show what a band of small weights does.

    Raises:
        CalibrationError: there is no room.
    """
    need = max([_FLOAT32 * bench.base.parameters, *(memory_whole(s, bench.base) for s in specs)])
    for device in dict.fromkeys((bench.device, CPU)):
        free = free_memory(device)
        if need <= TIGHT * free:
            return device
    raise CalibrationError(
        "To take weights out of this model and measure, {need:.1f} GB of memory are needed and "
        "{free:.1f} GB are free; close other programs, or do this on a larger machine.",
        need=need / 1e9,
        free=free / 1e9,
    )


def _largest_part(base: Checkpoint) -> int:
    """Parameters of the largest layer, or of all that stands outside the layers."""
    sizes: Counter[int | None] = Counter()
    for name, info in base.tensors.items():
        sizes[layer_of(name)] += info.numel
    return max(sizes.values())
