"""The compiled loop of `interference`: one look at every position, for all pairs of donors.

It checks nothing, and lets go of the interpreter meanwhile.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def look(  # noqa: PLR0917  # pragma: no cover
    keys: Any, tops: Any, deltas: Any, values: Any, owners: Any, counts: Any, sums: Any
) -> None:
    """Add up what donors want of some positions, and what becomes of it.

    ``keys`` (K, n), 0: can't be claimed; ``tops`` (K, n), bool: in the donor's top-density set;
    ``deltas`` (K, n): the sign counts; ``values`` (K, n), float32: saliency; ``owners`` (n,): which
    of the K has the position in the end, -1: none. Added to ``counts`` (4, K, K): positions that
    both can claim, both want, both want in opposite directions; on the last one's diagonal: that
    others want too. To ``sums`` (4, K, K): saliency of row a's set where b wants it too; where b
    gets it; on the diagonals: where any other wants it; of all that a gets, of its set or not.
    """
    can, who = np.empty(keys.shape[0], np.int64), np.empty(keys.shape[0], np.int64)
    for i in range(keys.shape[1]):
        able, wanting, owner = 0, 0, owners[i]
        for a in range(keys.shape[0]):
            if keys[a, i] != 0:
                can[able] = a
                able += 1
            if tops[a, i]:
                who[wanting] = a
                wanting += 1
        for x in range(able):
            for y in range(able):
                counts[0, can[x], can[y]] += 1
        if owner >= 0:
            sums[3, owner, owner] += values[owner, i]
        for x in range(wanting):
            a = who[x]
            value = np.float64(values[a, i])
            if owner >= 0:
                sums[1, a, owner] += value
            if wanting > 1:
                counts[3, a, a] += 1
                sums[2, a, a] += value
            for y in range(wanting):
                b = who[y]
                counts[1, a, b] += 1
                sums[0, a, b] += value
                counts[2, a, b] += (deltas[a, i] > 0) != (deltas[b, i] > 0)
