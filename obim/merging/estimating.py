"""What a merge will take, told before a weight is read: seconds, memory, disk.

Sizes come from headers; speed from merging a little noise with the very code of the merge.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from obim.merging.engine import stream_merge
from obim.merging.obim import QUEUES
from obim.merging.plan import Base, changeable
from obim.merging.pooling import ROOM
from obim.types import InputStats, MergeSpec, TensorInfo, TensorStats

_SAMPLE, _TENSORS = (1024, 1024), 4


@dataclass(frozen=True)
class Estimate:
    """What merging takes on this machine, calibration not counted.

    Attributes:
        seconds: of computing; reading and writing files comes on top.
        memory: bytes that the merge holds at most, besides the process itself.
        disk: bytes of the weights written.
    """

    seconds: float
    memory: float
    disk: float


class _Noise:
    """A base or a donor of a few random tensors, in memory."""

    def __init__(self, size: float, dtype: torch.dtype, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(_SAMPLE, generator=generator).mul_(size).to(dtype)
        name, nbytes = str(dtype).removeprefix("torch."), noise.numel() * dtype.itemsize
        self.config: Mapping[str, Any] = {}
        self.tensors = {
            f"{i}.weight": TensorInfo(f"{i}.weight", _SAMPLE, name, "", nbytes)
            for i in range(_TENSORS)
        }
        self._noise = noise

    def read(self, name: str) -> Tensor:
        return self._noise.clone()

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        return self._noise[rows or slice(None)].float()


def estimate(spec: MergeSpec, base: Base) -> Estimate:
    """Estimate one merge; takes about a second.

    Raises:
        RecipeError: as `changeable`.
    """
    names = set(changeable(spec, base))
    out = torch.finfo(getattr(torch, spec.dtype)).bits // 8
    sizes = [info.numel for name, info in base.tensors.items() if name in names]
    return Estimate(
        seconds=sum(sizes) * _seconds_per_position(spec),
        memory=_memory(spec, sizes, out),
        disk=float(sum(info.numel for info in base.tensors.values()) * out),
    )


def _memory(spec: MergeSpec, sizes: Sequence[int], out: int) -> float:
    """Base, keys, candidates, owner and queues of the tensors in hand, or of the whole model."""
    donors, largest = len(spec.donors), max(sizes)
    if spec.scope == "global":
        return float(sum(sizes) * (donors * (4 + out) + 1))
    held = max(largest, min(ROOM, sum(sizes)))
    queues = 4 * donors if 4 * donors * largest <= QUEUES else 0
    return float(held * (4 + donors * (4 + out) + 1 + queues))


def _seconds_per_position(spec: MergeSpec) -> float:
    """Measured on noise, with as many donors and rounds and the same settings."""
    dtype: torch.dtype = getattr(torch, spec.dtype)
    base = _Noise(0.05, dtype, 0)
    donors = [_Noise(2e-3, torch.float32, k + 1) for k in range(len(spec.donors))]
    curvature = TensorStats((torch.rand(1, _SAMPLE[1]),))
    stats = [InputStats(dict.fromkeys(base.tensors, curvature), 1, 1)] * len(donors)
    plain = spec.model_copy(update={"include": ("*",), "exclude": ()})
    times = []
    for _ in range(2):  # the first may compile
        began = time.perf_counter()
        for _merged in stream_merge(plain, base, donors, stats):
            pass
        times.append(time.perf_counter() - began)
    return times[-1] / (_TENSORS * _SAMPLE[0] * _SAMPLE[1])
