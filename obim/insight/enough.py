"""When calibration texts are enough, read from a curve. It measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What can be expected of so many texts.

    Attributes:
        texts: how many.
        change: share of the top-density set that other texts, as many, would replace, 0..1; the
            mean over the draws.
        low: its 5th percentile over the draws.
        high: its 95th.
    """

    texts: int
    change: float
    low: float
    high: float


def enough(curve: Sequence[Size], share: float) -> int | None:
    """The fewest texts from which on less than ``share`` changes; None: more are needed."""
    found = None
    for size in reversed(curve):
        if size.change >= share:
            break
        found = size.texts
    return found
