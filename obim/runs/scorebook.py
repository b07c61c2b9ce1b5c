"""What a run's journal says of scores: each with its items, and what the merge lost.

It only keeps; `obim.runs.reading` feeds it.
"""

from typing import Any

from obim.runs.folder import Event
from obim.runs.scored import CompareState, FlipState, ScoreState
from obim.types import ItemResult

Key = tuple[Any, ...]
"""(model, turn, skill, quick, n)."""


class Scorebook:
    """Scores of a run, by what they are of."""

    def __init__(self) -> None:
        self._scores: dict[Key, ScoreState] = {}
        self._items: dict[Key, dict[str, ItemResult]] = {}
        self._flips: dict[tuple[int, str], tuple[FlipState, ...]] = {}
        self._compared: dict[tuple[int, str], CompareState] = {}

    def clear(self) -> None:
        """The models are others now."""
        for found in (self._scores, self._items, self._flips, self._compared):
            found.clear()

    def note_score(self, event: Event) -> None:
        """Take in an event of kind ``score``."""
        score = ScoreState(**event["score"])
        key = (score.model, score.turn, score.skill, score.quick, score.n)
        weights = event.get("weights", {})
        self._scores[key] = score
        self._items[key] = {
            item: ItemResult(item, float(value), weights.get(item, 1.0))
            for item, value in event["items"].items()
        }

    def note_flips(self, event: Event) -> None:
        """Take in an event of kind ``flips``."""
        flips = tuple(FlipState(**flip) for flip in event["flips"])
        key = (event["turn"], event["skill"])
        self._flips[key] = flips
        self._compared[key] = CompareState(
            skill=event["skill"],
            lost=event["lost"],
            shown=len(flips),
            rivals=tuple(event["rivals"]),
        )

    def score(self, key: Key) -> ScoreState | None:
        """A score, if there is one."""
        return self._scores.get(key)

    def items(self, key: Key) -> dict[str, ItemResult]:
        """Item id -> result, of a score; empty where there is none."""
        return self._items.get(key, {})

    def fields(self, turn: int) -> dict[str, Any]:
        """Fields of a `RunState` whose last turn this is."""
        return {
            "scores": tuple(s for s in self._scores.values() if s.turn is None or s.turn <= turn),
            "flips": tuple(f for (t, _), flips in self._flips.items() if t == turn for f in flips),
            "compared": tuple(c for (t, _), c in self._compared.items() if t == turn),
        }
