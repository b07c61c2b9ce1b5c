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

    Args:
        keys: (K, n), uint32; 0 can't be claimed.
        tops: (K, n), bool: in the donor's top-density set.
        deltas: (K, n), float32: only the sign counts.
        values: (K, n), float32: saliency.
        owners: (n,), int64: which of the K has the position in the end, -1: none of them.
        counts: (4, K, K), int64, added to: positions that both can claim, that both want, that both
            want in opposite directions; on the diagonal of the last, those of a donor's set that
            others want too.
        sums: (4, K, K), float64, added to: saliency of row a's set where b wants it too; where b
            gets it; on the diagonal of the third, of a's set where any other wants it; on that of
            the last, of all that a gets, of its set or not.
    """
    donors, n = keys.shape
    can, who = np.empty(donors, np.int64), np.empty(donors, np.int64)
    for i in range(n):
        able, wanting, owner = 0, 0, owners[i]
        for a in range(donors):
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
