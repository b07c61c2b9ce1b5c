"""Who contests with whom, as a report tells it: pairs of donors, and where it is strongest.

It reads what was found when the donors were compared; it compares nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from obim.runs.state import RunState


@dataclass(frozen=True)
class Pair:
    """Two donors over the whole model; shares 0..1, None where there is nothing to divide.

    Attributes:
        first: number of the one donor, from 0.
        second: number of the other.
        overlap: of their top-density sets, as a share of the smaller.
        chance: what blind picks would share.
        conflict: of what both want, where they pull in opposite directions.
    """

    first: int
    second: int
    overlap: float
    chance: float
    conflict: float | None


@dataclass(frozen=True)
class Contest:
    """A place where a pair contests more than elsewhere.

    Attributes:
        pair: numbers of the donors.
        module: as on screen.
        layers: first and last; None outside the layers.
        worth: share of both donors' saliency that is contested here, 0..1.
    """

    pair: tuple[int, int]
    module: str
    layers: tuple[int, int] | None
    worth: float


@dataclass(frozen=True)
class Contests:
    """What the comparison of the donors found.

    Attributes:
        whole: every tensor was compared.
    """

    pairs: tuple[Pair, ...]
    places: tuple[Contest, ...]
    whole: bool


def contests_of(state: RunState) -> Contests | None:
    """What was found in this run; None where its donors weren't compared."""
    found: Any = getattr(state, "interference", None)
    if found is None or not found.tensors:
        return None
    places = (Contest(one.pair, one.module, one.layers, one.worth) for one in found.findings)
    return Contests(tuple(_pairs(found)), tuple(places), bool(found.done))


def _pairs(found: Any) -> Iterator[Pair]:
    for a, b in combinations(range(found.donors), 2):
        overlap = found.whole.overlap(a, b)
        if overlap is not None:
            conflict = found.whole.conflict(a, b)
            yield Pair(a, b, overlap.share, overlap.chance, conflict)
