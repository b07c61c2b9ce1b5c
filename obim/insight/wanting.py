"""Who wants which position of one tensor: the donors' top-density sets, and where they collide.

It ranks as the merge does, one tensor at a time, and claims nothing for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from obim.errors import RunError
from obim.insight.picturing import Meaning
from obim.insight.tallying import HALVES, count_halves
from obim.merging.kernels import claim
from obim.merging.pieces import Ranked, cast
from obim.merging.plan import Plan, Source
from obim.merging.pooling import workers
from obim.merging.preparing import kept, rank_tensor

MOST = 15
"""Donors that a code has bits for."""
Codes = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Wanted:
    """What the donors want of one tensor.

    Attributes:
        codes: (positions,): bit k is set where donor k has the position in its top-density set,
            bit K where two of those would move the weight in opposite directions.
        halves: (K, 2, HALVES): claimable positions by their saliency, see `tallying`; all of them,
            and those that two or more donors want.
        zeros: (K, 2): those of saliency 0.
        measured: a donor each: statistics were there, if needed.
    """

    codes: Codes
    halves: NDArray[np.int64]
    zeros: NDArray[np.int64]
    measured: tuple[bool, ...]


def want(
    plan: Plan,
    base: Tensor,
    donors: Sequence[Source],
    name: str,
    sizes: Sequence[int] | None = None,
) -> Wanted:
    """Look through one tensor.

    Args:
        plan: of the merge.
        base: W0 as stored.
        donors: all of them.
        name: of the tensor.
        sizes: with ``global`` scope, how many of its positions each donor has in its top-density
            set: those are its highest here.

    Raises:
        RunError: there are more donors than a code has room for.
    """
    k = len(donors)
    if k > MOST:
        raise RunError("This picture is for {most} donors at most.", most=MOST)
    with workers() as pool:
        ranked = rank_tensor(plan, base, donors, name, pool.map)
    masks = kept(plan, name, ranked) if sizes is None else _highest(ranked, sizes)
    codes = _code(masks, _rising(plan, base, name, ranked), k, base.numel())
    low = codes & ((1 << k) - 1)
    contested = (low & (low - 1).astype(low.dtype)) != 0
    halves, zeros = np.zeros((k, 2, HALVES), np.int64), np.zeros((k, 2), np.int64)
    for donor, own in ranked.items():
        count_halves(own.keys, contested, halves[donor], zeros[donor])
    measured = tuple(ranked[i].sums.measured if i in ranked else True for i in range(k))
    return Wanted(codes, halves, zeros, measured)


def _highest(ranked: Mapping[int, Ranked], sizes: Sequence[int]) -> dict[int, NDArray[np.bool_]]:
    """So many positions of highest key each."""
    masks = {}
    for donor, own in ranked.items():
        alone = np.zeros(own.keys.size, np.uint8)
        claim(own.keys, alone, sizes[donor], 1)
        masks[donor] = alone.view(np.bool_)
    return masks


def _rising(
    plan: Plan, base: Tensor, name: str, ranked: Mapping[int, Ranked]
) -> dict[int, NDArray[np.bool_]]:
    """Where each donor would write a larger value than the base's."""
    written = cast(base, plan.dtype, name).reshape(-1)
    return {k: (own.candidate > written).numpy() for k, own in ranked.items()}


def _code(
    masks: Mapping[int, NDArray[np.bool_]],
    rising: Mapping[int, NDArray[np.bool_]],
    donors: int,
    size: int,
) -> Codes:
    kind: Any = np.uint8 if donors < 8 else np.uint16
    codes: Codes = np.zeros(size, kind)
    up, down = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for k, mask in masks.items():
        codes |= mask.astype(kind) << kind(k)
        up |= mask & rising[k]
        down |= mask & ~rising[k]
    codes |= (up & down).astype(kind) << kind(donors)
    return codes


def meaning(donors: int) -> Meaning:
    """Codes' categories: 0 nobody, k + 1 donor k alone, K + 1 several, K + 2 those who disagree."""
    codes = np.arange(1 << (donors + 1))
    low = codes & ((1 << donors) - 1)
    members = (low[:, None] >> np.arange(donors)) & 1 > 0
    single = members.argmax(axis=1) + 1
    many = donors + 1 + (codes >> donors)
    count = members.sum(axis=1)
    category = np.where(count == 0, 0, np.where(count == 1, single, many))
    return Meaning(category, members, donors + 3)
