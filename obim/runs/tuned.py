"""What was tried in tuning a merge method, and which try was best. It only keeps."""

from typing import Any

from obim.types import Frozen

TUNED = ":tuned"
"""What the label of a method with its best settings ends with."""


class Settings(Frozen):
    """The settings of one try.

    Attributes:
        density: of all donors; None: 1/K.
        scales: a donor each.
        normalize: see `obim.types.MergeSpec`.
    """

    density: float | None = None
    scales: tuple[float, ...]
    normalize: bool | None = None


class TunedState(Frozen):
    """The best of the tries of one method.

    Attributes:
        method: name of the merge method.
        best: the settings that scored highest; of several the first.
        score: what they scored on the items that settings are tuned on.
        tries: how many were tried.
    """

    method: str
    best: Settings
    score: float
    tries: int


class TuningBook:
    """What a run's journal says of tries."""

    def __init__(self) -> None:
        self._tries: dict[str, dict[Settings, float]] = {}
        self._items: str | None = None

    def clear(self) -> list[str]:
        """The models or the items are others now; which methods lose their best settings."""
        methods = list(self._tries)
        self._tries.clear()
        return methods

    def note(self, event: dict[str, Any]) -> bool:
        """Take in an event of kind ``try``; whether its method has another best one now."""
        if event["items"] != self._items:  # scores on other items compare with none of these
            self.clear()
            self._items = event["items"]
        method, settings = event["method"], Settings(**event["settings"])
        before = self.best().get(method)
        self._tries.setdefault(method, {})[settings] = float(event["score"])
        return before != self.best()[method]

    def best(self) -> dict[str, Settings]:
        """Method -> the best settings tried."""
        return {state.method: state.best for state in self.fields()}

    def tried(self, method: str, items: str) -> dict[Settings, float]:
        """Settings -> score on these items, told by their digest."""
        return self._tries.get(method, {}) if items == self._items else {}

    def fields(self) -> tuple[TunedState, ...]:
        """Methods that anything was tried of."""
        found = []
        for method, tries in self._tries.items():
            best = max(tries, key=lambda settings: tries[settings])
            found.append(TunedState(method=method, best=best, score=tries[best], tries=len(tries)))
        return tuple(found)
