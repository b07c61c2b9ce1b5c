"""Which tensors of a merge change with the turn that is shown, or with donors switched off.

It reads no tensor and writes none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from numpy.typing import NDArray

from obim.merging.obim import Visit

Off = Callable[[str], frozenset[int]]
"""Tensor name -> donors (indices) that are switched off in it."""
View = tuple[int, Off]
"""The last turn shown, and who is switched off where."""


def nobody(name: str) -> frozenset[int]:
    """No donor is switched off."""
    return frozenset()


def differing(
    visits: Sequence[Visit], counts: Mapping[str, NDArray[Any]], was: View, now: View
) -> Iterator[str]:
    """Names of the tensors that two views show differently.

    Args:
        visits: all turns of the merge, in order.
        counts: name -> positions that each turn claims of it, (256,).
        was: one view.
        now: the other.
    """

    @cache
    def shown(turn: int, off: frozenset[int]) -> frozenset[int]:
        return frozenset(visit.number for visit in visits[:turn] if visit.donor not in off)

    for name, claimed in counts.items():
        others = shown(was[0], was[1](name)) ^ shown(now[0], now[1](name))
        if claimed[list(others)].any():
            yield name
