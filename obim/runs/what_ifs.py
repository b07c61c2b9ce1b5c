"""What a run's journal says of settings that were tried without merging, and of orders of donors.

It only keeps; `obim.runs.reading` feeds it.
"""

from typing import Any, Literal

from obim.runs.folder import Event
from obim.runs.scored import ScoreState
from obim.types import Frozen, MergeSpec

KEPT = 24
"""Settings that are remembered at most."""


class DonorPrediction(Frozen):
    """What one donor would get and give up; shares are 0..1 of all its saliency.

    Attributes:
        owned: positions a row of the charts that it gets, in the order of ``RunState.groups``.
        lost: saliency of its entries that don't end up in the merge: its predicted loss.
        contested: saliency of its top-density set that another donor's has too.
        contested_lost: what of that goes to others.
        rise: ``lost`` in nats a token; None where the estimator's unit is another.
        unmeasured: tensors without statistics, whose squared change stands for their saliency.
    """

    name: str
    owned: tuple[float, ...]
    lost: float
    contested: float
    contested_lost: float
    rise: float | None = None
    unmeasured: int = 0

    @property
    def positions(self) -> float:
        """Positions that it gets."""
        return sum(self.owned)


class WhatIfState(Frozen):
    """One setting, foreseen.

    Attributes:
        spec: the run's, with other settings.
        every: one row in so many was looked at; 1: all, the figures are exact.
        rows: that were looked at.
        donors: in the order of ``spec``.
        seconds: that it took.
    """

    spec: MergeSpec
    every: int
    rows: int
    donors: tuple[DonorPrediction, ...]
    seconds: float = 0.0

    @property
    def exact(self) -> bool:
        """Nothing is estimated."""
        return self.every == 1


class OrderState(Frozen):
    """One order of the donors against the order that is set.

    Attributes:
        order: names.
        differs: of the positions that either order gives to a donor, the share whose owner is
            another one; 0..1.
        owned: positions a donor, in the order of ``OrdersState.spec``.
        lost: likewise, see `DonorPrediction`.
    """

    order: tuple[str, ...]
    differs: float
    owned: tuple[int, ...]
    lost: tuple[float, ...]


class OrdersState(Frozen):
    """Owner maps of many orders of the donors.

    Attributes:
        spec: with the order that is set.
        everything: all orders there are were tried; else some, drawn at random.
        same: of the positions that any order gives to a donor, the share that has the same owner
            in all; 0..1.
        orders: the one that is set comes first.
    """

    spec: MergeSpec
    everything: bool
    same: float
    orders: tuple[OrderState, ...]
    seconds: float = 0.0


class OrderScore(Frozen):
    """A quick score of the merge in one order.

    Attributes:
        spec: with that order.
        score: its interval is 95 %.
        against: the order (names) that was set then.
        change: the score minus that of the order ``against``, on the same items, with the ends of
            the paired 95 % interval; None for that order itself.
    """

    spec: MergeSpec
    score: ScoreState
    against: tuple[str, ...] = ()
    change: tuple[float, float, float] | None = None


class WhatIfs(Frozen):
    """All of it; the newest last."""

    settings: tuple[WhatIfState, ...] = ()
    orders: tuple[OrdersState, ...] = ()
    scores: tuple[OrderScore, ...] = ()


def what_if_event(of: Literal["settings", "orders", "scores"], found: Frozen) -> Event:
    """What a journal says of it."""
    return {"event": "what_if", "of": of, "found": found.model_dump(mode="json")}


class WhatIfBook:
    """Takes events in."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {"settings": {}, "orders": {}, "scores": {}}

    def note(self, event: Event) -> None:
        """Take in an event of kind ``what_if``, which says of what ``WhatIfs`` it is."""
        kinds: dict[str, Any] = {
            "settings": WhatIfState, "orders": OrdersState, "scores": OrderScore
        }  # fmt: skip
        place = event["of"]
        found = kinds[place](**event["found"])
        key = found.spec.model_dump_json()
        if isinstance(found, OrderScore):
            key += f"/{found.score.skill}/{found.score.n}"
        kept = self._kept[place]
        kept.pop(key, None)
        kept[key] = found
        while place != "scores" and len(kept) > KEPT:
            kept.pop(next(iter(kept)))

    def clear(self) -> None:
        """Models or statistics are others now."""
        for kept in self._kept.values():
            kept.clear()

    def forget(self, skill: str) -> None:
        """The items of an evaluation set are others now."""
        kept = self._kept["scores"]
        for key in [k for k, one in kept.items() if one.score.skill == skill]:
            del kept[key]

    def fields(self) -> WhatIfs:
        """As a `RunState` has it."""
        settings, orders, scores = (tuple(kept.values()) for kept in self._kept.values())
        return WhatIfs(settings=settings, orders=orders, scores=scores)
