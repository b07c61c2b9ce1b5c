"""What the Explore job has found so far, as the page reads it. It keeps and derives; no weights."""

import os
from functools import cached_property
from typing import Any

from pydantic import PrivateAttr

from obim.insight.findings import Finding, find_contests
from obim.insight.pairs import Comparison, TensorInterference
from obim.types import Frozen

_EACH = 5e-8
"""Seconds of one core for a donor's position; measured with the demo."""


def comparing_seconds(positions: int, donors: int) -> float:
    """About how long it takes on this machine to compare donors over so many positions."""
    return _EACH * positions * donors / (os.cpu_count() or 1)


class InterferenceState(Frozen):
    """How donors interfere, tensor by tensor in the order of layers.

    Attributes:
        donors: how many the run has.
        comparable: saliency can be added up over tensors; else shares are averaged, see
            `obim.insight.pairs.Comparison`.
        total: tensors that are compared in the end.
        tensors: those that have been.
        by_tensor: ranked within each tensor though the merge ranks over the whole model.
        seconds: that it took so far.
    """

    donors: int
    comparable: bool
    total: int
    tensors: tuple[TensorInterference, ...] = ()
    by_tensor: bool = False
    seconds: float = 0.0
    _alone: dict[str, Comparison] = PrivateAttr(default_factory=dict)

    @property
    def done(self) -> bool:
        """Every tensor was compared."""
        return len(self.tensors) >= self.total

    @cached_property
    def whole(self) -> Comparison:
        """All pairs over all tensors so far."""
        return self.over(self.tensors)

    @cached_property
    def cells(self) -> dict[str, Comparison]:
        """All pairs in each tensor that two donors or more can change."""
        for part in self.tensors:
            if len(part.donors) > 1 and part.tensor not in self._alone:
                self._alone[part.tensor] = self.over((part,))
        return dict(self._alone)

    @cached_property
    def findings(self) -> list[Finding]:
        """Where donors contest most."""
        return find_contests(self.tensors, self.donors, self.comparable)

    def over(self, parts: tuple[TensorInterference, ...]) -> Comparison:
        """All pairs over some tensors."""
        return Comparison(parts, self.donors, self.comparable)


class ExploredBook:
    """What a run's journal says of interference."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Models or statistics are others now."""
        self._key = ""
        self._facts: dict[str, Any] = {}
        self._parts: dict[str, TensorInterference] = {}
        self._seconds = 0.0
        self._alone: dict[str, Comparison] = {}
        self._state: InterferenceState | None = None

    def note(self, event: dict[str, Any]) -> None:
        """Take in an event of kind ``explore`` (a beginning) or ``interference`` (a tensor)."""
        if event["key"] != self._key:  # found under other conditions
            self.clear()
            self._key = event["key"]
        self._state = None
        if event["event"] == "explore":
            self._facts = {k: v for k, v in event.items() if k not in ("event", "key")}
            return
        part = TensorInterference(**event["sums"])
        self._parts[part.tensor] = part
        self._seconds += event["seconds"]

    def done(self, key: str) -> frozenset[str]:
        """Tensors that were compared under the same conditions."""
        return frozenset(self._parts) if key == self._key else frozenset()

    def state(self) -> InterferenceState | None:
        """For the page; None before the job began."""
        if self._state is None and self._facts:
            tensors = tuple(self._parts.values())
            self._state = InterferenceState(**self._facts, tensors=tensors, seconds=self._seconds)
            self._state._alone = self._alone  # a tensor compared once stays so
        return self._state
