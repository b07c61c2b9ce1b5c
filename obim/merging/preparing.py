"""One tensor at a time: rank all donors, see where they collide, write claimed values.

Shared by `stepping` and `engine`; it keeps nothing between tensors but sums.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from obim.merging import loops
from obim.merging.in_torch import from_numpy
from obim.merging.kernels import Keys, Owner
from obim.merging.obim import take
from obim.merging.pieces import Piece, Ranked, Sums, blocks
from obim.merging.plan import Plan, Source
from obim.merging.pooling import Each
from obim.models.device import CPU, free_memory

log = logging.getLogger(__name__)
_ROOM = 0.8
"""Share of a device's free memory that claims may take."""
_BITS = {torch.bfloat16: torch.int16, torch.float16: torch.int16, torch.float32: torch.int32}


@dataclass(frozen=True)
class Survival:
    """How much of a donor survives the cast to the output dtype.

    Attributes:
        entries: share of the delta's non-zero entries that can be claimed, 0..1.
        norm: ``1 - |cast error| / |scale D|``, at least 0.
        tensors: name -> share of entries, only tensors that the donor changes.
    """

    entries: float
    norm: float
    tensors: dict[str, float]


class Tally:
    """Sums over tensors that give `Survival`, a donor each."""

    def __init__(self, donors: int) -> None:
        self._entries: list[dict[str, tuple[int, int]]] = [{} for _ in range(donors)]
        self._squares = np.zeros((donors, 2))
        self._unmeasured: list[list[str]] = [[] for _ in range(donors)]

    def add(self, name: str, ranked: Mapping[int, Ranked]) -> None:
        """Count one tensor in."""
        for k, r in ranked.items():
            sums = r.sums
            self._entries[k][name] = (sums.surviving, sums.entries)
            self._squares[k] += (sums.error, sums.square)
            if not sums.measured:
                self._unmeasured[k].append(name)

    def survivors(self) -> tuple[int, ...]:
        """A donor's claimable positions each."""
        return tuple(sum(s for s, _ in entries.values()) for entries in self._entries)

    def survival(self) -> tuple[Survival, ...]:
        """A donor's survival each; 0 for a donor that changes nothing."""
        result = []
        for entries, (error, square) in zip(self._entries, self._squares, strict=True):
            kept = sum(s for s, _ in entries.values()) / max(1, sum(n for _, n in entries.values()))
            norm = max(0.0, 1.0 - float(np.sqrt(error / square))) if square > 0 else 0.0
            tensors = {name: s / n for name, (s, n) in entries.items() if n}
            result.append(Survival(kept, norm, tensors))
        return tuple(result)

    def unmeasured(self) -> tuple[tuple[str, ...], ...]:
        """A donor's tensors each that were ranked without the statistics they need."""
        return tuple(tuple(names) for names in self._unmeasured)


def rank_tensor(
    plan: Plan,
    base: Tensor,
    donors: Sequence[Source],
    name: str,
    each: Each = map,
) -> dict[int, Ranked]:
    """Rank one tensor for every donor that can change it: donor index -> ranked.

    Args:
        plan: of the merge.
        base: W0 as stored.
        donors: all of them.
        name: of the tensor.
        each: how the work on its blocks is done: ``map``, or the ``map`` of a pool of threads.
    """
    size, shape = base.numel(), base.shape or (1,)
    stored, width = base.reshape(shape), math.prod(shape[1:])
    keys = [np.empty(size, np.uint32) for _ in donors]  # no memory is used before it is written
    candidates = [torch.empty(size, dtype=plan.dtype) for _ in donors]
    totals = _totals(plan, base, donors, name, each)

    def work(rows: slice) -> dict[int, Sums]:
        piece = Piece.of(name, rows, stored[rows], plan.dtype).to(plan.device)
        found: dict[int, Sums] = {}
        span = slice(rows.start * width, rows.stop * width)
        for k, donor in enumerate(donors):
            delta = donor.delta(name, *((stored[rows], rows) if base.ndim else (base,)))
            if delta is not None:
                delta = delta if base.ndim else delta.reshape(1)
                found[k] = plan.rankings[k].rank(
                    piece, delta.to(plan.device), totals[k], keys[k][span], candidates[k][span]
                )
        return found

    sums: dict[int, Sums] = {}
    for part in each(work, blocks(shape)):
        for k, found in part.items():
            sums[k] = sums.get(k, Sums()) + found
    return {k: Ranked(keys[k], candidates[k], sums[k]) for k in sorted(sums)}


def _totals(
    plan: Plan, base: Tensor, donors: Sequence[Source], name: str, each: Each
) -> list[float]:
    """The sum of each donor's saliency in one tensor, where it is divided by it."""
    return [
        total_of(plan, base, donor, k, name, each=each) if plan.rankings[k].shares else 0.0
        for k, donor in enumerate(donors)
    ]


def total_of(plan: Plan, base: Tensor, donor: Source, k: int, name: str, *, each: Each) -> float:
    """The sum of the saliency of all entries of donor ``k`` in one tensor."""
    stored = base.reshape(base.shape or (1,))

    def part(rows: slice) -> float:
        delta = donor.delta(name, *((stored[rows], rows) if base.ndim else (base,)))
        if delta is None:
            return 0.0
        return plan.rankings[k].total(name, delta.reshape(stored[rows].shape), rows)

    return sum(each(part, blocks(stored.shape)), 0.0)


def settle(plan: Plan, ranked: Mapping[int, Ranked], name: str, each: Each) -> Owner:
    """The owner map of one tensor after all turns, (numel,)."""
    keys = [ranked[k].keys if k in ranked else None for k in range(len(plan.densities))]
    owner: Owner = plan.method.function(
        _placed(plan, keys, name),
        plan.densities,
        field=plan.field(name),
        rounds=plan.spec.rounds,
        rotate=plan.spec.rotate,
        each=each,
    )
    return owner


def _placed(plan: Plan, keys: Sequence[Keys | None], name: str) -> Sequence[Keys | Tensor | None]:
    """Keys on the device of the plan, where there is room to claim: 9 bytes a donor, 32 more."""
    sizes = [own.size for own in keys if own is not None]
    if plan.device == CPU or not sizes:
        return keys
    need, free = sizes[0] * (9 * len(sizes) + 32), free_memory(plan.device)
    if need > _ROOM * free:
        log.warning(
            "Claims in %s take %.1f GB and %s has %.1f GB free; they are made on the CPU.",
            name, need / 1e9, plan.device, free / 1e9,
        )  # fmt: skip
        return keys
    return [None if own is None else from_numpy(own, plan.device) for own in keys]


def kept(plan: Plan, name: str, ranked: Mapping[int, Ranked]) -> dict[int, NDArray[np.bool_]]:
    """Each donor's top-density set in one tensor, (numel,), as if it were alone."""
    field = plan.field(name)
    masks = {}
    for k, r in ranked.items():
        alone = np.zeros(r.keys.size, np.uint8)
        take(r.keys, alone, field, field.wanted(plan.densities[k], 1, 1)[0], 1)
        masks[k] = alone.view(np.bool_)
    return masks


def contested(plan: Plan, name: str, ranked: Mapping[int, Ranked]) -> int:
    """Positions in the top-density sets of two or more donors."""
    masks = list(kept(plan, name, ranked).values())
    if len(masks) < 2:
        return 0
    wanted = masks[0].astype(np.uint8)
    for mask in masks[1:]:
        wanted += mask
    return int((wanted >= 2).sum())


def any_claimable(ranked: Mapping[int, Ranked]) -> int:
    """Positions that at least one donor can claim."""
    keys = [r.keys for r in ranked.values()]
    if not keys:
        return 0
    union = keys[0] > 0
    for other in keys[1:]:
        union |= other > 0
    return int(union.sum())


def put(merged: Tensor, owner: Owner, candidate: Tensor, turns: Sequence[int]) -> None:
    """Write a donor's candidate values in place where one of ``turns`` owns the position.

    Args:
        merged: contiguous, output dtype.
        owner: (numel,), uint8.
        candidate: (numel,), output dtype.
        turns: turn numbers, 1..255.
    """
    wanted = np.zeros(256, np.bool_)
    wanted[list(turns)] = True
    bits = _BITS[merged.dtype]
    loops.put(merged.view(-1).view(bits).numpy(), owner, candidate.view(bits).numpy(), wanted)
