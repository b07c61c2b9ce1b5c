"""What a run's journal says of scores: each with its items, and what the merge lost.

It only keeps; `obim.runs.reading` feeds it.
"""

from typing import Any

from obim.runs.folder import Event
from obim.runs.scored import BudgetState, CompareState, FlipState, GateState, ScoreState
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
        self._gates: dict[int, GateState] = {}
        self._budgets: dict[float, BudgetState] = {}

    def clear(self) -> None:
        """The models are others now."""
        known = (self._scores, self._items, self._flips, self._compared, self._gates)
        for found in (*known, self._budgets):
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

    def note_budget(self, event: Event) -> None:
        """Take in an event of kind ``budget``; the last of some seconds knows all their skills."""
        budget = BudgetState(**event["budget"])
        self._budgets[budget.seconds] = budget

    def budget(self, seconds: float) -> BudgetState | None:
        """What was measured for these seconds."""
        return self._budgets.get(seconds)

    def note_flips(self, event: Event) -> None:
        """Take in an event of kind ``flips``."""
        flips = tuple(FlipState(**flip) for flip in event["flips"])
        key = (event["turn"], event["skill"])
        self._flips[key] = flips
        told = {name: event[name] for name in CompareState.model_fields if name in event}
        shown = sum(flip.kind == "worse" for flip in flips)
        self._compared[key] = CompareState(**told | {"shown": shown})

    def note_gate(self, event: Event) -> None:
        """Take in an event of kind ``gate``; a turn that is judged again has its last light."""
        gate = GateState(**event["gate"])
        self._gates[gate.turn] = gate

    def score(self, key: Key) -> ScoreState | None:
        """A score, if there is one."""
        return self._scores.get(key)

    def items(self, key: Key) -> dict[str, ItemResult]:
        """Item id -> result, of a score; empty where there is none."""
        return self._items.get(key, {})

    def gate(self, turn: int) -> GateState | None:
        """What became of the rules at a turn, if that was judged."""
        return self._gates.get(turn)

    def gates(self) -> tuple[GateState, ...]:
        """Turns that were judged, in order; those that were undone since too."""
        return tuple(self._gates[turn] for turn in sorted(self._gates))

    def merged_turns(self) -> list[int]:
        """Turns of the merge that have a score, in order; those that were undone since too."""
        return sorted({s.turn for s in self._scores.values() if s.turn is not None})

    def fields(self, turn: int) -> dict[str, Any]:
        """Fields of a `RunState` whose last turn this is."""
        return {
            "scores": tuple(s for s in self._scores.values() if s.turn is None or s.turn <= turn),
            "budgets": tuple(self._budgets.values()),
            "flips": tuple(f for (t, _), flips in self._flips.items() if t == turn for f in flips),
            "compared": tuple(c for (t, _), c in self._compared.items() if t == turn),
            "gates": self.gates(),
            "best_turn": _best(self.gates()),
        }


def _best(gates: tuple[GateState, ...]) -> int | None:
    """The turn with the highest mean retention, of green ones if there are any; else the later."""
    known = [(g.retention, g.turn, g.light) for g in gates if g.retention is not None]
    green = [one for one in known if one[2] == "green"]
    return max(green or known, default=(0.0, None, ""))[1]
