"""What the page can ask the worker about other settings: plain frozen dataclasses that pickle."""

from dataclasses import dataclass

from obim.types import MergeSpec


@dataclass(frozen=True)
class Reckon:
    """Foresee from all weights what other settings would come to; it gives way to any other job.

    Attributes:
        spec: the run's with another order, density, scale, rounds, rotation or scope.
    """

    spec: MergeSpec


@dataclass(frozen=True)
class TryOrders:
    """Settle the owner maps of all orders of the donors (of some, of many donors), merging nothing.

    Attributes:
        spec: as in `Reckon`; other orders are held against its own.
    """

    spec: MergeSpec


@dataclass(frozen=True)
class ScoreOrders:
    """Quick scores of the merges that these orders give; each is journaled when it is ready.

    Attributes:
        spec: as in `TryOrders`.
        skills: ids of evaluation sets.
        seconds: as in `Evaluate`; None: 40 items a skill.
    """

    spec: MergeSpec
    skills: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True)
class WhatIf:
    """Foresee from some rows what other settings would come to; ``spec`` as in `Reckon`."""

    spec: MergeSpec
