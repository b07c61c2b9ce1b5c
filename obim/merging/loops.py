"""The compiled loops under `kernels`: counting, taking, settling. Nothing else calls them.

Types are whatever numba sees: ``keys`` uint32 and ``owner`` uint8, both flat unless said otherwise;
positions are int64. They check nothing.
"""

from typing import Any

import numpy as np
from numba import njit, prange

SHIFT = 20
"""A key's leading 32 - SHIFT bits choose its bin."""
BINS = 1 << (32 - SHIFT)
CHUNK = 1 << 18
"""Positions one thread takes at a time."""


@njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def count(keys: Any, owner: Any, first: int, counts: Any) -> None:  # pragma: no cover
    """Count free claimable positions by bin, a row of ``counts`` a chunk."""
    for c in prange(counts.shape[0]):
        row = counts[c]
        lo = first + c * CHUNK
        part, part_owner = keys[lo : lo + CHUNK], owner[lo : lo + CHUNK]
        for i in range(part.size):
            row[part[i] >> SHIFT] += np.uint32((part_owner[i] == 0) & (part[i] != 0))


@njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def take_above(  # noqa: PLR0917  # pragma: no cover
    keys: Any, owner: Any, first: int, edge: int, turn: int, starts: Any, aside: Any
) -> None:
    """Claim what is free above bin ``edge``; note the positions in it from ``starts[chunk]`` on."""
    low = np.uint32(max(edge << SHIFT, 1))
    last = np.uint32(((edge + 1) << SHIFT) - 1)
    for c in prange(starts.size - 1):
        lo = first + c * CHUNK
        part, part_owner = keys[lo : lo + CHUNK], owner[lo : lo + CHUNK]
        at = starts[c]
        for i in range(part.size):
            if (part[i] >= low) & (part_owner[i] == 0):
                if part[i] > last:
                    part_owner[i] = turn
                else:
                    aside[at] = lo + i
                    at += 1


@njit(cache=True)  # type: ignore[untyped-decorator]
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


@njit(cache=True)  # type: ignore[untyped-decorator]
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


@njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def claim_each_row(keys: Any, owner: Any, n: int, turn: int) -> int:  # pragma: no cover
    """Claim up to n positions in each row of a matrix; ties go to the lower column."""
    claimed = 0
    for r in prange(keys.shape[0]):
        values = np.empty(keys.shape[1], np.uint32)
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


@njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def release(owner: Any, after: int) -> None:  # pragma: no cover
    """Free every position that was claimed after turn ``after``."""
    for i in prange(owner.size):
        if owner[i] > after:
            owner[i] = 0


@njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def put(  # pragma: no cover
    out: Any, owner: Any, candidate: Any, wanted: Any
) -> None:
    """Write ``candidate`` where ``wanted[owner]``; all flat, values as raw bits."""
    for i in prange(out.size):
        if wanted[owner[i]]:
            out[i] = candidate[i]
