"""Exact top-n among free positions, by threshold: keys, claim, allotment.

A key is a uint32 whose order is the order of claiming; 0 can't be claimed. A claim is two passes
over the keys (count by the leading 12 bits; take what lies above the bin that n falls in and set
the bin's own positions aside) and a radix selection within that bin. Nothing is sorted. All sums
are integers and ties go to the lower flat index, so the result does not depend on the number of
threads, which the caller sets (``numba.set_num_threads``). It knows no models, donors or files.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from obim.merging import loops

Keys = NDArray[np.uint32]
Owner = NDArray[np.uint8]
Stop = Callable[[], bool]

_PRIMARY = -(1 << 31)
_BLOCK = 64


class Stopped(Exception):
    """The caller's ``stop`` said so; some positions may carry the turn already."""


def allotment(density: float, numel: int, round: int, rounds: int) -> int:
    """Positions a donor may claim in one round.

    ``n = h(density * N * r / R) - h(density * N * (r-1) / R)`` with h = round half up, on the
    exact decimal that ``density`` prints as, so that R rounds add up to ``h(density * N)``.

    Args:
        density: fraction of the positions, 0..1.
        numel: N.
        round: r, from 1.
        rounds: R.
    """
    share = Fraction(Decimal(repr(density))) * numel / rounds
    return _half_up(share * round) - _half_up(share * (round - 1))


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def sort_keys(
    saliency: Tensor, claimable: Tensor, primary: Tensor | None = None, delta: Tensor | None = None
) -> Keys:
    """Turn saliency into keys whose integer order is the order of claiming.

    ``key = bits(float32) + 1``, with bit 31 set in the primary tier; 0 where not claimable.

    Args:
        saliency: float32 >= 0, any shape.
        claimable: bool, same shape.
        primary: bool, same shape; where False the position ranks after all primary ones, by
            the absolute delta among themselves. None: all are primary.
        delta: float32, same shape; needed with ``primary``.

    Returns:
        Keys, flat, (numel,).

    Raises:
        ValueError: a saliency is negative or not a number, or ``delta`` is missing.
    """
    if not bool((saliency >= 0).all()):
        raise ValueError("saliency must be a number, and >= 0")
    value = saliency.float().abs()
    tier: Tensor | int = _PRIMARY
    if primary is not None:
        if delta is None:
            raise ValueError("a second tier needs the delta it is ranked by")
        value = torch.where(primary, value, delta.float().abs())
        tier = torch.where(primary, _PRIMARY, 0).to(torch.int32)
    bits = value.contiguous().view(torch.int32) + 1
    bits.bitwise_or_(tier)
    bits.mul_(claimable)
    keys: Keys = bits.reshape(-1).numpy().view(np.uint32)
    return keys


def claim(keys: Keys, owner: Owner, n: int, turn: int, *, stop: Stop | None = None) -> int:
    """Give the n free positions of highest key to ``turn``; ties go to the lower index.

    Args:
        keys: (numel,), from `sort_keys`.
        owner: (numel,), 0 = free; written in place.
        n: how many; fewer are taken where fewer are free and claimable.
        turn: 1..255.
        stop: asked between blocks of 16 M positions.

    Returns:
        The number of positions claimed.

    Raises:
        Stopped: ``stop`` said so; `release` undoes what was written.
    """
    return claim_jointly([keys], [owner], n, turn, stop=stop)[0]


def claim_jointly(
    keys: Sequence[Keys], owners: Sequence[Owner], n: int, turn: int, *, stop: Stop | None = None
) -> list[int]:
    """As `claim`, with several tensors ranked together; ties go to the earlier tensor first.

    Returns:
        The number of positions claimed in each tensor.
    """
    counts = [_counts(k, o, stop) for k, o in zip(keys, owners, strict=True)]
    totals = [c.sum(axis=0, dtype=np.int64) for c in counts]
    total = np.zeros(loops.BINS, np.int64)
    for part in totals:
        total += part
    if (n := min(n, int(total.sum()))) <= 0:
        return [0] * len(counts)
    above = np.cumsum(total[::-1])[::-1]
    edge = int(np.flatnonzero(above >= n)[-1])
    asides = [
        _take_above(k, o, c[:, edge], edge=edge, turn=turn, stop=stop)
        for k, o, c in zip(keys, owners, counts, strict=True)
    ]
    values = [k[a] for k, a in zip(keys, asides, strict=True)]
    left = n - int(above[edge] - total[edge])
    threshold, ties = loops.threshold_of(np.concatenate(values), left)
    claimed = []
    for k, o, aside, value, t in zip(keys, owners, asides, values, totals, strict=True):
        remaining = loops.settle(k, o, aside, threshold, ties, turn)
        claimed.append(int(t[edge + 1 :].sum() + (value > threshold).sum()) + ties - remaining)
        ties = remaining
    return claimed


def claim_rows(keys: Keys, owner: Owner, n: int, turn: int, *, stop: Stop | None = None) -> int:
    """As `claim`, within each row by itself: up to n positions a row.

    Args:
        keys: (rows, columns), may be a transposed view.
        owner: same shape.
        n: how many a row.
        turn: 1..255.
        stop: asked between blocks of rows.
    """
    rows = max(1, _BLOCK * loops.CHUNK // max(1, keys.shape[1]))
    claimed = 0
    for first in range(0, keys.shape[0] if n > 0 else 0, rows):
        _check(stop)
        part = slice(first, first + rows)
        claimed += int(loops.claim_each_row(keys[part], owner[part], n, turn))
    return claimed


def release(owner: Owner, after: int) -> None:
    """Free every position of ``owner`` (flat) that was claimed after turn ``after``."""
    loops.release(owner, after)


def claim_reference(keys: Keys, owner: Owner, n: int, turn: int) -> int:
    """What `claim` does, by a stable sort in torch; the oracle of its tests."""
    ranks = torch.from_numpy(keys.astype(np.int64))
    free = (ranks > 0) & (torch.from_numpy(owner) == 0)
    order = torch.argsort(torch.where(free, ranks, 0), descending=True, stable=True)
    picked = order[: max(0, min(n, int(free.sum())))]
    owner[picked.numpy()] = turn
    return len(picked)


def _counts(keys: Keys, owner: Owner, stop: Stop | None) -> NDArray[np.uint32]:
    counts = np.zeros((-(-keys.size // loops.CHUNK), loops.BINS), np.uint32)
    for block in range(0, len(counts), _BLOCK):
        _check(stop)
        loops.count(keys, owner, block * loops.CHUNK, counts[block : block + _BLOCK])
    return counts


def _take_above(
    keys: Keys,
    owner: Owner,
    sizes: NDArray[np.uint32],
    *,
    edge: int,
    turn: int,
    stop: Stop | None,
) -> NDArray[np.int64]:
    starts = np.zeros(len(sizes) + 1, np.int64)
    starts[1:] = np.cumsum(sizes)
    aside = np.empty(int(starts[-1]), np.int64)
    for block in range(0, len(sizes), _BLOCK):
        _check(stop)
        part = starts[block : block + _BLOCK + 1]
        loops.take_above(keys, owner, block * loops.CHUNK, edge, turn, part, aside)
    return aside


def _check(stop: Stop | None) -> None:
    if stop is not None and stop():
        raise Stopped
