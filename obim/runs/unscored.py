"""Which scores a run's journal lacks, and what the cache has of them. It runs no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obim.evaluation.encoding import Encoded
from obim.runs.bench import Bench
from obim.runs.budget import Counts, count_of
from obim.runs.effort import MERGE, SHOW, reading
from obim.runs.score_keys import Scored
from obim.runs.switches import is_of_turn
from obim.runs.variants import is_merge
from obim.types import ItemResult


@dataclass(frozen=True)
class Wanted:
    """One score that the journal lacks.

    Attributes:
        identity: what it is kept under in the cache.
        known: what the cache has of it.
        showing: the effort of putting the model into the live one.
    """

    model: str
    skill: str
    encoded: Sequence[Encoded]
    identity: str
    known: Sequence[ItemResult] | None
    showing: float

    @property
    def effort(self) -> float:
        """Of all of it, see `obim.runs.effort`."""
        return self.showing + (0.0 if self.known is not None else reading(self.encoded))


def unscored(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: Counts, scored: Scored
) -> list[Wanted]:
    """What the journal has no scores of, of just these models and items."""
    bench.reader.catch_up()
    wanted: list[Wanted] = []
    sets = bench.sets()
    for model in models:
        showing = MERGE if is_merge(model) else SHOW
        for skill in skills:
            chosen, count = sets[skill], count_of(items, skill)
            encoded = bench.encoded(chosen, count)
            key = score_key(bench, model, skill, encoded, count)
            identity = scored.key(model, chosen, encoded, key[1])
            if bench.reader.scores.identity(key) == identity:
                continue
            known = scored.cache.get(identity)
            effort = 0.0 if known is not None else showing
            wanted.append(Wanted(model, skill, encoded, identity, known, effort))
            if known is None:
                showing = 0.0  # it is shown already when the next skill is asked
    return wanted


def score_key(
    bench: Bench,
    model: str,
    skill: str,
    encoded: Sequence[Encoded],
    items: int | None,
    *,
    turn: int | None = None,
) -> tuple[Any, ...]:
    """What a score is kept under; ``turn``: of the merge, None: as it stands."""
    if not is_of_turn(model):
        turn = None
    elif turn is None:
        turn = len(bench.reader.turns()) if bench.merge is None else bench.merge.turn
    return (model, turn, skill, items is not None, len(encoded))
