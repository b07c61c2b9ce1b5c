"""What a run's journal says of scores: each with its items, and what the merge lost.

It only keeps; `obim.runs.reading` feeds it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from obim.runs.boarding import Boards, Entry
from obim.runs.folder import Event
from obim.runs.own_sets import is_own
from obim.runs.scored import BudgetState, CompareState, FlipState, GateState, ScoreState
from obim.runs.switches import MERGED, past_label
from obim.types import ItemResult

Key = tuple[Any, ...]
"""(model, turn, skill, quick, n)."""


class Scorebook:
    """Scores of a run, by what they are of."""

    def __init__(self) -> None:
        self._scores: dict[Key, ScoreState] = {}
        self._items: dict[Key, dict[str, ItemResult]] = {}
        self._identities: dict[Key, str] = {}
        self._pasts: dict[Key, Entry] = {}
        self._flips: dict[tuple[int, str], tuple[FlipState, ...]] = {}
        self._compared: dict[tuple[int, str], CompareState] = {}
        self._gates: dict[int, GateState] = {}
        self._budgets: dict[float, BudgetState] = {}
        self._pace: float | None = None
        self._boards = Boards()

    def clear(self) -> None:
        """The models are others now."""
        scored = (self._scores, self._items, self._identities, self._pasts)
        for found in (*scored, self._flips, self._compared, self._gates, self._budgets):
            found.clear()

    def forget(self, skill: str | None, models: Collection[str]) -> None:
        """The items of a skill, or what the models' labels mean, are others now."""
        for key in [k for k in self._scores if skill == k[2] or k[0] in models]:
            del self._scores[key], self._items[key]
            self._identities.pop(key, None)
        for place in [place for place in self._compared if skill == place[1]]:
            del self._flips[place], self._compared[place]
        for turn in [turn for turn, gate in self._gates.items() if skill in gate.skills]:
            del self._gates[turn]

    def note_score(self, event: Event) -> None:
        """Take in an event of kind ``score``."""
        score = ScoreState(**event["score"])
        key = (score.model, score.turn, score.skill, score.quick, score.n)
        weights = event.get("weights", {})
        self.note_pace(event)
        self._scores.pop(key, None)  # the newest stands last
        self._scores[key] = score
        self._identities[key] = event.get("identity", "")  # runs of before have none
        self._items[key] = {
            item: ItemResult(item, float(value), weights.get(item, 1.0))
            for item, value in event["items"].items()
        }

    def note_pace(self, event: Event) -> None:
        """Take in how long it took to score something; what the cache had, took no time."""
        self._pace = event.get("pace", self._pace)

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
        self._gates.pop(gate.turn, None)  # the newest stands last
        self._gates[gate.turn] = gate

    def score(self, key: Key) -> ScoreState | None:
        """A score, if there is one."""
        return self._scores.get(key)

    def items(self, key: Key) -> dict[str, ItemResult]:
        """Item id -> result, of a score; empty where there is none."""
        return self._items.get(key, {})

    def identity(self, key: Key) -> str | None:
        """What a score is kept under in the cache; None where there is no score."""
        return self._identities.get(key)

    def told(self, turn: int, skill: str) -> tuple[CompareState, list[str]] | None:
        """How a merge was compared on a skill, and which items are shown; None: not asked yet."""
        found = self._compared.get((turn, skill))
        return None if found is None else (found, [f.item for f in self._flips[turn, skill]])

    def gate(self, turn: int) -> GateState | None:
        """What became of the rules at a turn, if that was judged."""
        return self._gates.get(turn)

    def gates(self) -> tuple[GateState, ...]:
        """Turns that were judged, in order; those that were undone since too."""
        return tuple(self._gates[turn] for turn in sorted(self._gates))

    def merged_turns(self) -> list[int]:
        """Turns of the merge that have a score, in order; those that were undone since too."""
        merged = (s.turn for s in self._scores.values() if s.model == MERGED)
        return sorted({turn for turn in merged if turn is not None})

    def fields(
        self, turn: int, donors: Sequence[str], owners: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """Fields of a `RunState`.

        Args:
            turn: its last one.
            donors: their names.
            owners: evaluation sets -> whose skill each is; what is of an own set that is not
                there any more is left out.
        """

        def kept(skill: str) -> bool:
            return not is_own(skill) or skill in owners

        scores = {key: score for key, score in self._scores.items() if kept(score.skill)}
        owned = [skill for skill, donor in owners.items() if donor is not None]
        flips = (f for (t, _), flips in self._flips.items() if t == turn for f in flips)
        compared = (c for (t, _), c in self._compared.items() if t == turn)
        return {
            "scores": tuple(s for s in scores.values() if s.turn is None or s.turn <= turn),
            "budgets": tuple(self._budgets.values()),
            "flips": tuple(flip for flip in flips if kept(flip.skill)),
            "compared": tuple(one for one in compared if kept(one.skill)),
            "gates": self.gates(),
            "best_turn": _best(tuple(self._gates.values())),
            "pace": self._pace,
            **self._boards.fields(
                self._entries(scores, turn), donors, owned, tuple(self._budgets.values())
            ),
        }

    def _entries(self, scores: Mapping[Key, ScoreState], turn: int) -> list[Entry]:
        """What stands side by side at a turn: first the merge as it was after earlier turns.

        Turns that were undone lie ahead, and are left out until they are taken again.
        """
        before, now = [], []
        for key, score in scores.items():
            if score.turn in (None, turn):
                now.append(Entry(score, self._items[key]))
            elif score.model == MERGED and score.turn is not None and score.turn < turn:
                before.append(self._past(key, score, score.turn))
        return before + now

    def _past(self, key: Key, score: ScoreState, turn: int) -> Entry:
        """A score of the merge under the label that it has later; the same object every time."""
        known, items = self._pasts.get(key), self._items[key]
        if known is None or known.items is not items:
            told = score.model_copy(update={"model": past_label(turn)})
            known = self._pasts[key] = Entry(told, items)
        return known


def _best(gates: Sequence[GateState]) -> int | None:
    """The turn with the highest mean retention, of green ones if there are any; else the later.

    Only turns compare that were judged on as many items of each skill as the one judged last.

    Args:
        gates: the one judged last is the last.
    """
    alike = [g for g in gates if g.items == gates[-1].items]
    known = [(g.retention.value, g.turn, g.light) for g in alike if g.retention is not None]
    green = [one for one in known if one[2] == "green"]
    return max(green or known, default=(0.0, None, ""))[1]
