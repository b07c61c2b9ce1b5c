"""The compiled loops of this room: counting, taking, settling, writing. They check nothing.

Each runs in the thread that calls it and lets go of the interpreter meanwhile: threads take whole
tensors, not pieces of one, so that no loop waits for another on a busy machine. ``keys`` are
uint32 and ``owner`` uint8, flat unless said otherwise.
"""

from typing import Any

import numpy as np
from numba import njit

SHIFT = 20
"""A key's leading 32 - SHIFT bits choose its bin."""
BINS = 1 << (32 - SHIFT)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count(keys: Any, owner: Any, counts: Any) -> None:  # pragma: no cover
    """Add free claimable positions to ``counts``, (BINS,) int64."""
    for i in range(keys.size):
        counts[keys[i] >> SHIFT] += np.int64((owner[i] == 0) & (keys[i] != 0))


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def take_above(keys: Any, owner: Any, edge: int, turn: int, aside: Any) -> None:  # pragma: no cover
    """Claim what is free above bin ``edge``; note the positions in it."""
    at = 0
    low = np.uint32(max(edge << SHIFT, 1))
    last = np.uint32(((edge + 1) << SHIFT) - 1)
    for i in range(keys.size):
        if (keys[i] >= low) & (owner[i] == 0):
            if keys[i] > last:
                owner[i] = turn
            else:
                aside[at] = i
                at += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_all(keys: Any, counts: Any) -> None:  # pragma: no cover
    """Add claimable positions, free or not, to ``counts``, (BINS,) int64."""
    for i in range(keys.size):
        counts[keys[i] >> SHIFT] += np.int64(keys[i] != 0)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def deal(keys: Any, lowest: int, at: Any, order: Any) -> None:  # pragma: no cover
    """Note positions of the bins from ``lowest`` up in ``order``, each from its ``at`` on."""
    low = np.uint32(max(lowest << SHIFT, 1))
    for i in range(keys.size):
        if keys[i] >= low:
            b = keys[i] >> SHIFT
            order[at[b]] = i
            at[b] += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def threshold_of(values: Any, n: int) -> Any:  # pragma: no cover
    """Key T and m such that taking all > T and m of those == T takes the n highest."""
    counts = np.zeros(256, np.int64)
    prefix, left = np.uint32(0), n
    for step in range(4):
        shift = np.uint32(24 - 8 * step)
        counts[:] = 0
        for v in values:
            if step == 0 or (v >> (shift + np.uint32(8))) == prefix:
                counts[(v >> shift) & np.uint32(255)] += 1
        digit = 255
        while digit > 0 and counts[digit] < left:
            left -= counts[digit]
            digit -= 1
        prefix = np.uint32((prefix << np.uint32(8)) | np.uint32(digit))
    return prefix, left


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def draw(  # noqa: PLR0917  # pragma: no cover
    keys: Any, owner: Any, order: Any, starts: Any, ends: Any, top: int, n: int, turn: int
) -> Any:
    """Claim the n free positions of highest key; ``order[starts[b]:ends[b]]`` are those of bin b.

    Bins above ``top`` are used up. Returns how many were claimed, and the new ``top``.
    """
    claimed = 0
    while claimed < n and top >= 0:
        bin = order[starts[top] : ends[top]]
        free = 0
        for i in bin:
            free += owner[i] == 0
        if free > n - claimed:
            left = draw_some(keys, owner, bin, free, n - claimed, turn)
            ends[top] = starts[top] + left
            return n, top
        for i in bin:
            owner[i] = owner[i] if owner[i] != 0 else turn
        claimed += free
        top -= 1
    return claimed, top


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def draw_some(  # noqa: PLR0917  # pragma: no cover
    keys: Any, owner: Any, bin: Any, free: int, n: int, turn: int
) -> int:
    """Claim n of the ``free`` positions of a bin; the others move to its beginning."""
    values = np.empty(free, np.uint32)
    at = 0
    for i in bin:
        if owner[i] == 0:
            values[at] = keys[i]
            bin[at] = i
            at += 1
    threshold, ties = threshold_of(values, n)
    left = 0
    for j in range(free):
        i = bin[j]
        if values[j] > threshold:
            owner[i] = turn
        elif values[j] == threshold and ties > 0:
            owner[i] = turn
            ties -= 1
        else:
            bin[left] = i
            left += 1
    return left


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def settle(  # noqa: PLR0917  # pragma: no cover
    keys: Any, owner: Any, aside: Any, threshold: Any, ties: int, turn: int
) -> int:
    """Claim of the positions set aside all above the threshold and the first ``ties`` at it."""
    for i in aside:
        if keys[i] > threshold:
            owner[i] = turn
        elif keys[i] == threshold and ties > 0:
            owner[i] = turn
            ties -= 1
    return ties


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def claim_each_row(keys: Any, owner: Any, n: int, turn: int) -> int:  # pragma: no cover
    """Claim up to n positions in each row of a matrix; ties go to the lower column."""
    claimed = 0
    values = np.empty(keys.shape[1], np.uint32)
    for r in range(keys.shape[0]):
        free = 0
        for i in range(keys.shape[1]):
            if owner[r, i] == 0 and keys[r, i] != 0:
                values[free] = keys[r, i]
                free += 1
        take = min(n, free)
        if take > 0:
            threshold, ties = threshold_of(values[:free], take)
            for i in range(keys.shape[1]):
                if owner[r, i] == 0 and keys[r, i] != 0:
                    if keys[r, i] > threshold:
                        owner[r, i] = turn
                    elif keys[r, i] == threshold and ties > 0:
                        owner[r, i] = turn
                        ties -= 1
        claimed += take
    return claimed


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def release(owner: Any, after: int) -> None:  # pragma: no cover
    """Free every position that was claimed after turn ``after``."""
    for i in range(owner.size):
        if owner[i] > after:
            owner[i] = 0


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def reveal(owner: Any, settled: Any, turn: int) -> None:  # pragma: no cover
    """Copy into ``owner`` what belongs to ``turn``."""
    for i in range(owner.size):
        owner[i] = turn if settled[i] == turn else owner[i]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def put(  # pragma: no cover
    out: Any, owner: Any, candidate: Any, wanted: Any
) -> None:
    """Write ``candidate`` where ``wanted[owner]``; all flat, values as raw bits."""
    for i in range(out.size):
        out[i] = candidate[i] if wanted[owner[i]] else out[i]  # no branch to guess wrongly


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def encode(bits: Any, first_tier: Any, keys: Any) -> bool:  # pragma: no cover
    """Keys from the bits of float32 values; ``first_tier`` is empty where all are in it.

    Returns whether every value in the first tier is a number >= 0.
    """
    wrong = 0
    top, largest = np.uint32(0x80000000), np.uint32(0x7F800000)
    for i in range(keys.size):
        keys[i] = ((bits[i] & ~top) + np.uint32(1)) | top
        wrong += (bits[i] > largest) & (bits[i] != top)
    if first_tier.size:
        wrong = 0
        for i in range(keys.size):
            if first_tier[i]:
                wrong += (bits[i] > largest) & (bits[i] != top)
            else:
                keys[i] &= ~top
    return wrong == 0


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def decode(key: Any) -> Any:  # pragma: no cover
    """The bits of the float32 that `encode` made a key of; 0 outside the first tier, and of 0."""
    top = np.uint32(0x80000000)
    return (key ^ top) - np.uint32(1) if key & top else np.uint32(0)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def compare(  # pragma: no cover
    delta: Any, scale: Any, written: Any, candidate: Any, keys: Any
) -> Any:
    """Strike out keys where candidate and base are written the same; sum up what the cast leaves.

    All float32 but ``keys``. Returns non-zero entries of the delta, claimable ones,
    sum (scale D)^2, sum (candidate - written - scale D)^2.
    """
    entries, surviving, square, error = 0, 0, 0.0, 0.0
    for i in range(delta.size):
        scaled = delta[i] * scale
        lost = np.float64(candidate[i] - written[i] - scaled)
        square += np.float64(scaled) * np.float64(scaled)
        error += lost * lost
        entries += delta[i] != 0
        claimable = candidate[i] != written[i]
        keys[i] *= np.uint32(claimable)
        surviving += claimable
    return entries, surviving, square, error
