"""What the computing of a merge will take, told before a weight is read: seconds and memory.

Sizes come from headers; the pace from merging a little noise with the very code of the merge.
Files, texts and the process itself are not counted here.
"""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from obim.merging.engine import stream_merge
from obim.merging.obim import QUEUES
from obim.merging.plan import Base, changeable
from obim.merging.pooling import LARGE, ROOM
from obim.types import InputStats, MergeSpec, TensorInfo, TensorStats

_WIDTH = 1024
_WARM, _SMALL, _LARGE = (64,), (1024,) * 4, (LARGE // _WIDTH,)
"""Rows of the noise: tensors that threads take whole, and one whose pieces they take."""
_BASE, _STEP = 0.05, 2e-3
"""Spread of the weights and of the donors' changes."""


class _Noise:
    """A base or a donor of a few random tensors, in memory."""

    def __init__(self, rows: Sequence[int], noise: Tensor) -> None:
        name = str(noise.dtype).removeprefix("torch.")
        self.config: Mapping[str, Any] = {}
        self.tensors = {
            f"{i}.weight": TensorInfo(
                f"{i}.weight", (n, _WIDTH), name, "", n * _WIDTH * noise.itemsize
            )
            for i, n in enumerate(rows)
        }
        self._noise = noise

    def read(self, name: str) -> Tensor:
        return self._noise[: self.tensors[name].shape[0]].clone()

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        stored = self._noise[: self.tensors[name].shape[0]][rows or slice(None)].clone().float()
        return stored if base_tensor is None else stored - base_tensor.float()


def seconds_to_merge(spec: MergeSpec, base: Base) -> float:
    """Seconds of computing; takes about a second to find out, the first time.

    Raises:
        RecipeError: as `changeable`.
    """
    donors = tuple(
        donor.model_copy(update={"source": "noise", "calibration": None, "name": str(k)})
        for k, donor in enumerate(spec.donors)
    )
    plain = {"base": "noise", "donors": donors, "include": ("*",), "exclude": ()}
    small, large = _seconds_per_position(spec.model_copy(update=plain))
    return sum(n * (large if n >= LARGE else small) for n in _sizes(spec, base))


def memory_streamed(spec: MergeSpec, base: Base) -> int:
    """Bytes that `stream_merge` holds at most: the tensors in hand, or for all jointly everything.

    Raises:
        RecipeError: as `changeable`.
    """
    sizes, donors, out = _sizes(spec, base), len(spec.donors), _itemsize(spec)
    if spec.scope == "global":
        return sum(sizes) * (donors * (4 + out) + 2)
    return _in_hand(sizes) * (donors * out + _working(spec, max(sizes)))


def memory_stepped(spec: MergeSpec, base: Base) -> int:
    """Bytes that `Merge` holds at most: candidates and two owner maps of all, and what is in hand.

    Raises:
        RecipeError: as `changeable`.
    """
    sizes, donors, out = _sizes(spec, base), len(spec.donors), _itemsize(spec)
    keys = 4 * donors * sum(sizes) if spec.scope == "global" else 0
    kept = sum(sizes) * (donors * out + 2)
    return kept + (keys or _in_hand(sizes) * _working(spec, max(sizes)))


def memory_weighed(spec: MergeSpec, base: Base) -> int:
    """Bytes that figures of what a merge would come to hold at most; nothing is written for them.

    A tensor in hand has its candidates, keys, queues, a set a donor and five maps (the owners of
    two orders among them); with ``global`` scope keys, sets and maps are the whole model's.

    Raises:
        RecipeError: as `changeable`.
    """
    sizes, donors, out = _sizes(spec, base), len(spec.donors), _itemsize(spec)
    if spec.scope == "global":
        return sum(sizes) * (5 * donors + 5) + _in_hand(sizes) * (donors * out + 4)
    return _in_hand(sizes) * (_working(spec, max(sizes)) + donors * (out + 1) + 5)


def memory_ranked(spec: MergeSpec, numel: int) -> int:
    """Bytes of one tensor in hand: base, and of each donor keys, a candidate, a set and a sign."""
    return numel * (4 + len(spec.donors) * (4 + _itemsize(spec) + 2) + 2)


def _sizes(spec: MergeSpec, base: Base) -> list[int]:
    """Positions of the tensors that may change."""
    return [base.tensors[name].numel for name in changeable(spec, base)]


def _itemsize(spec: MergeSpec) -> int:
    dtype: torch.dtype = getattr(torch, spec.dtype)
    return dtype.itemsize


def _in_hand(sizes: Sequence[int]) -> int:
    """Positions in hand at a time."""
    return max(*sizes, min(ROOM, sum(sizes)))


def _working(spec: MergeSpec, largest: int) -> int:
    """Bytes a position in hand: base, keys, owner, and queues where they are used."""
    keys = 4 * len(spec.donors)
    return 4 + keys + 1 + (keys if keys * largest <= QUEUES else 0)


@lru_cache(maxsize=8)
def _seconds_per_position(spec: MergeSpec) -> tuple[float, float]:
    """Of small and of large tensors, measured with as many donors and rounds and the same settings.

    Merging large ones may be far slower where other programs use the processor as well.
    """
    _seconds_on_noise(spec, _WARM)  # the first may compile
    small, large = (_seconds_on_noise(spec, rows) for rows in (_SMALL, _LARGE))
    return small / (sum(_SMALL) * _WIDTH), large / (sum(_LARGE) * _WIDTH)


def _seconds_on_noise(spec: MergeSpec, rows: Sequence[int]) -> float:
    generator = torch.Generator().manual_seed(0)
    shape, dtype = (max(rows), _WIDTH), getattr(torch, spec.dtype)
    weights = torch.randn(shape, generator=generator).mul_(_BASE)
    step = torch.randn(shape, generator=generator).mul_(_STEP)
    base = _Noise(rows, weights.to(dtype))
    donors = [  # each changes other positions more than others
        _Noise(rows, (weights + step.roll(k, 0)).to(dtype)) for k in range(len(spec.donors))
    ]
    curvature = TensorStats((torch.rand(1, _WIDTH, generator=generator),))
    stats = [InputStats(dict.fromkeys(base.tensors, curvature), 1, 1)] * len(donors)
    began = time.perf_counter()
    for _ in stream_merge(spec, base, donors, stats):
        pass
    return time.perf_counter() - began
