"""All turns of one donor in one tensor for the price of one walk through its positions."""

import numpy as np

from obim.merging import loops
from obim.merging.kernels import Keys, Owner


class Queue:
    """One donor's claimable positions of one tensor, dealt into bins, highest first.

    Nobody frees a position, so what it passed is never looked at again: all its turns together
    cost one walk. It gives the same claims as `claim`, turn by turn.
    """

    def __init__(self, keys: Keys, reach: int) -> None:
        """Deal.

        Args:
            keys: (numel,), from `sort_keys`.
            reach: positions that all donors together may claim; what ranks lower is left out.
        """
        counts = np.zeros(loops.BINS, np.int64)
        loops.count_all(keys, counts)
        above = np.cumsum(counts[::-1])[::-1]
        lowest = int(np.flatnonzero(above >= min(reach, above[0]))[-1])
        self._keys = keys
        self._ends = above[lowest:]
        self._starts = self._ends - counts[lowest:]
        self._order = np.empty(int(above[lowest]), np.uint32)
        at = np.zeros(loops.BINS, np.int64)
        at[lowest:] = self._starts
        loops.deal(keys, lowest, at, self._order)
        self._bin = self._ends.size - 1

    def claim(self, owner: Owner, n: int, turn: int) -> int:
        """As `claim`; ``owner`` is the same at every call, and nobody frees in between."""
        claimed, self._bin = loops.draw(
            self._keys, owner, self._order, self._starts, self._ends, self._bin, n, turn
        )
        return int(claimed)
