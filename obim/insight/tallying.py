"""The compiled loops that count positions: in blocks of a picture, in parts, in halves of octaves.

They check nothing, change no owner map, and let go of the interpreter meanwhile.
"""

from typing import Any

import numpy as np
from numba import njit

from obim.merging.loops import decode

HALVES = 512
"""Bins of float32 values > 0, two an octave; bin b begins at 2^(b // 2 - 127) * sqrt(2)^(b % 2)."""


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_blocks(  # noqa: PLR0917  # pragma: no cover
    codes: Any,
    category: Any,
    members: Any,
    row_block: Any,
    col_block: Any,
    counts: Any,
    row_members: Any,
    col_members: Any,
) -> None:
    """Add each position of a window to its block.

    Args:
        codes: (rows, columns), what a position is.
        category: (codes,), code -> category, 0: nobody's.
        members: (codes, donors), whether a donor has a part in it.
        row_block: (rows,), to which row of the picture a row belongs.
        col_block: (columns,), the same of columns.
        counts: (rows of the picture, its columns, categories), int64.
        row_members: (rows of the picture, donors), int64.
        col_members: (columns of the picture, donors), int64.
    """
    for r in range(codes.shape[0]):
        i = row_block[r]
        for c in range(codes.shape[1]):
            code = codes[r, c]
            j = col_block[c]
            counts[i, j, category[code]] += 1
            if category[code]:
                for k in range(members.shape[1]):
                    row_members[i, k] += members[code, k]
                    col_members[j, k] += members[code, k]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_halves(  # pragma: no cover
    keys: Any, contested: Any, counts: Any, zeros: Any
) -> None:
    """Add claimable positions to bins of their saliency.

    Args:
        keys: (positions,), see `obim.merging.kernels.sort_keys`; the second tier has saliency 0.
        contested: (positions,), bool.
        counts: (2, HALVES), int64: of all positions, of contested ones.
        zeros: (2,), int64: those of saliency 0.
    """
    for i in range(keys.size):
        if keys[i] == 0:
            continue
        bits = decode(keys[i])
        if bits == 0:
            zeros[0] += 1
            zeros[1] += contested[i]
        else:
            half = 2 * np.int64(bits >> np.uint32(23))
            half += np.int64((bits & np.uint32(0x7FFFFF)) >= np.uint32(0x3504F4))
            counts[0, half] += 1
            counts[1, half] += contested[i]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_parts(owner: Any, row_part: Any, col_part: Any, counts: Any) -> None:  # pragma: no cover
    """Add the owners of a matrix to ``counts``, (parts, 256), int64.

    Args:
        owner: (rows, columns), uint8.
        row_part: (rows,), number of the part a row belongs to; below 0: to none.
        col_part: (columns,), what is added to that number.
        counts: written in place.
    """
    for r in range(owner.shape[0]):
        if row_part[r] >= 0:
            for c in range(owner.shape[1]):
                if col_part[c] >= 0:
                    counts[row_part[r] + col_part[c], owner[r, c]] += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_owners(owner: Any, counts: Any) -> None:  # pragma: no cover
    """Add the owners of a tensor, (positions,) uint8, to ``counts``, (4, 256) int64.

    Four counters in turn: runs of one owner would wait for each other in one.
    """
    whole = owner.size - owner.size % 4
    for i in range(0, whole, 4):
        counts[0, owner[i]] += 1
        counts[1, owner[i + 1]] += 1
        counts[2, owner[i + 2]] += 1
        counts[3, owner[i + 3]] += 1
    for i in range(whole, owner.size):
        counts[0, owner[i]] += 1
