"""Exact top-n among free positions, by threshold: keys, claim, allotment.

A key is a uint32 whose order is the order of claiming; 0 can't be claimed. A claim is two passes
over the keys (count by the leading 12 bits; take what lies above the bin that n falls in and set
the bin's own positions aside) and a radix selection within that bin; `queueing` spares the passes
where all turns follow each other. Nothing is sorted, and ties go to the lower flat index.
`over_tensors` spreads tensors over threads; results don't depend on how many. It knows no models,
donors or files.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from obim.merging import loops, weighing

Keys = NDArray[np.uint32]
Owner = NDArray[np.uint8]
Stop = Callable[[], bool]

T = TypeVar("T")


class Stopped(Exception):
    """The caller's ``stop`` said so; some positions may carry the turn already."""


@lru_cache(4096)
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
    saliency: Tensor,
    primary: Tensor | None = None,
    delta: Tensor | None = None,
    out: Keys | None = None,
) -> Keys:
    """Turn saliency into keys whose integer order is the order of claiming.

    ``key = bits(float32) + 1``, with bit 31 set in the primary tier.

    Args:
        saliency: float32 >= 0, any shape.
        primary: bool, same shape; where False the position ranks after all primary ones, by
            the absolute delta among themselves. None: all are primary.
        delta: float32, same shape; needed with ``primary``.
        out: (numel,), where to; None: new ones.

    Returns:
        Keys, flat, (numel,), none of them 0.

    Raises:
        ValueError: a saliency is negative or not a number, or ``delta`` is missing.
    """
    value, tier = saliency.float(), np.empty(0, np.bool_)
    if primary is not None:
        if delta is None:
            raise ValueError("a second tier needs the delta it is ranked by")
        value = torch.where(primary, value, delta.float())
        tier = primary.reshape(-1).numpy()
    keys: Keys = np.empty(value.numel(), np.uint32) if out is None else out
    if not loops.encode(value.reshape(-1).numpy().view(np.uint32), tier, keys):
        raise ValueError("saliency must be a number, and >= 0")
    return keys


def saliency_of(keys: Keys) -> NDArray[np.float32]:
    """Back from keys to saliency, same shape: 0 in the second tier, and where nothing is claimable.

    Args:
        keys: from `sort_keys`, any shape.
    """
    values = np.empty(keys.size, np.float32)
    weighing.unveil(keys.reshape(-1), values.view(np.uint32))
    return values.reshape(keys.shape)


def over_tensors(work: Callable[[T], None], tensors: Iterable[T]) -> None:
    """Do ``work`` on each tensor, in as many threads as torch uses; the first error ends it.

    Compiled loops let go of the interpreter, so they run side by side.
    """
    tensors = list(tensors)
    threads = min(torch.get_num_threads(), len(tensors))
    if threads <= 1:
        for tensor in tensors:
            work(tensor)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending = [pool.submit(work, tensor) for tensor in tensors]
        try:
            for future in pending:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def one_by_one(stop: Stop) -> Stop:
    """Ask ``stop`` from one thread at a time, and not again once it said so."""
    lock, said = Lock(), False

    def ask() -> bool:
        nonlocal said
        with lock:
            said = said or stop()
            return said

    return ask


def claim(keys: Keys, owner: Owner, n: int, turn: int) -> int:
    """Give the n free positions of highest key to ``turn``; ties go to the lower index.

    Args:
        keys: (numel,), from `sort_keys`.
        owner: (numel,), 0 = free; written in place.
        n: how many; fewer are taken where fewer are free and claimable.
        turn: 1..255.

    Returns:
        The number of positions claimed.
    """
    return claim_jointly([keys], [owner], n, turn)[0]


def claim_jointly(keys: Sequence[Keys], owners: Sequence[Owner], n: int, turn: int) -> list[int]:
    """As `claim`, with several tensors ranked together; ties go to the earlier tensor first.

    Returns:
        The number of positions claimed in each tensor.
    """
    parts = range(len(keys))
    counts = np.zeros((len(keys), loops.BINS), np.int64)
    over_tensors(lambda i: loops.count(keys[i], owners[i], counts[i]), parts)
    total = counts.sum(axis=0)
    if (n := min(n, int(total.sum()))) <= 0:
        return [0] * len(counts)
    above = np.cumsum(total[::-1])[::-1]
    edge = int(np.flatnonzero(above >= n)[-1])
    asides = [np.empty(size, np.int64) for size in counts[:, edge]]
    over_tensors(lambda i: loops.take_above(keys[i], owners[i], edge, turn, asides[i]), parts)
    values = [k[a] for k, a in zip(keys, asides, strict=True)]
    left = n - int(above[edge] - total[edge])
    threshold, ties = loops.threshold_of(np.concatenate(values), left)
    claimed = []
    for i, value in enumerate(values):
        remaining = loops.settle(keys[i], owners[i], asides[i], threshold, ties, turn)
        whole = counts[i, edge + 1 :].sum() + (value > threshold).sum()
        claimed.append(int(whole) + ties - remaining)
        ties = remaining
    return claimed


def claim_rows(keys: Keys, owner: Owner, n: int, turn: int) -> int:
    """As `claim`, within each row by itself: up to n positions a row.

    Args:
        keys: (rows, columns), may be a transposed view.
        owner: same shape.
        n: how many a row.
        turn: 1..255.
    """
    if n <= 0:
        return 0
    return int(loops.claim_each_row(keys, owner, n, turn))


def release(owner: Owner, after: int) -> None:
    """Free every position of ``owner`` (flat) that was claimed after turn ``after``."""
    loops.release(owner, after)


def check(stop: Stop | None) -> None:
    """Raise `Stopped` where ``stop`` says so."""
    if stop is not None and stop():
        raise Stopped
