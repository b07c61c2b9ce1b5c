"""The scores of a run with their items -> verdicts and standings, as the page shows them.

Scores are compared where they are of the same items; what was scored on others stands alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from obim.runs.amounts import Amount, amounts, is_of
from obim.runs.scored import (
    BudgetState,
    IntervalState,
    ScoreState,
    StandingState,
    VerdictState,
)
from obim.runs.switches import MERGED
from obim.runs.tuned import TUNED
from obim.types import ItemResult

if TYPE_CHECKING:
    from obim.evaluation.scoreboard import Scoreboard
    from obim.evaluation.statistics import Comparison, Interval

_BASE, _OURS = "base", "obim"


@dataclass(frozen=True)
class Entry:
    """A score, and item id -> result."""

    score: ScoreState
    items: Mapping[str, ItemResult]


class Boards:
    """Verdicts and standings, computed anew for an amount of items when its scores are others."""

    def __init__(self) -> None:
        self._known: dict[Amount, _Known] = {}

    def fields(
        self,
        entries: Sequence[Entry],
        donors: Sequence[str],
        owned: Collection[str],
        budgets: Sequence[BudgetState] = (),
    ) -> dict[str, Any]:
        """The fields ``verdicts`` and ``standings`` of a `RunState`.

        Args:
            entries: of one turn and, before them, of the merge after earlier ones (`past_label`);
                of several of a model on a skill the last counts.
            donors: their names.
            owned: skills that belong to a donor: the mean retention is over these.
            budgets: of the run.
        """
        found = []
        for amount in amounts(budgets):
            chosen = [e for e in entries if is_of(e.score, amount, budgets)]
            known = self._known.get(amount)
            about = (chosen, sorted(owned))
            if known is None or (known.entries, known.owned) != about:
                made = _board(chosen, donors, owned, amount)
                known = self._known[amount] = _Known(*about, *made)
            found.append(known)
        return {
            "verdicts": tuple(verdict for known in found for verdict in known.verdicts),
            "standings": tuple(standing for known in found for standing in known.standings),
        }


@dataclass(frozen=True)
class _Known:
    """What was computed for some entries."""

    entries: list[Entry]
    owned: list[str]
    verdicts: list[VerdictState]
    standings: list[StandingState]


def _board(
    entries: Sequence[Entry], donors: Sequence[str], owned: Collection[str], amount: Amount
) -> tuple[list[VerdictState], list[StandingState]]:
    columns = _columns(entries)
    if not columns:
        return [], []
    made = _scoreboard(columns, donors)
    models = list(dict.fromkeys(m for column in columns.values() for m in column))
    return _verdicts(made, models, amount), _standings(made, models, owned, amount)


def rival(model: str, models: Iterable[str]) -> str | None:
    """Which model is judged beside another: OBIM, tuned as the other is; None: it is that itself.

    Base, donors, stock methods, ablations, and the merge with donors switched off or as it was
    after earlier turns stand beside the merge of the turn. A tuned method
    stands beside tuned OBIM, which had as many tries, where that was scored.
    """
    if model == MERGED:
        return None
    ours = _OURS + TUNED
    if model.endswith(TUNED) and model != ours and ours in models:
        return ours
    return MERGED


def _columns(entries: Sequence[Entry]) -> dict[str, dict[str, Entry]]:
    """Skill -> model -> entry, of the items that were scored last."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        found.setdefault(entry.score.skill, {})[entry.score.model] = entry
    for skill, column in found.items():
        newest = next(e for e in reversed(entries) if e.score.skill == skill)
        told = (newest.items.keys(), newest.score.evaluator)
        found[skill] = {
            model: e for model, e in column.items() if (e.items.keys(), e.score.evaluator) == told
        }
    return found


def _scoreboard(columns: Mapping[str, dict[str, Entry]], donors: Sequence[str]) -> "Scoreboard":
    from obim.evaluation.scoreboard import Column, Scoreboard  # scipy: where there are scores

    made = {}
    for skill, column in columns.items():
        first = next(iter(column.values()))
        made[skill] = Column(
            values={
                m: tuple(e.items[item].value for item in first.items) for m, e in column.items()
            },
            weights=tuple(result.weight for result in first.items.values()),
            share=first.score.unit == "share",
            higher_is_better=first.score.higher_is_better,
        )
    return Scoreboard(made, donors)


def _verdicts(made: "Scoreboard", models: Sequence[str], amount: Amount) -> list[VerdictState]:
    pairs = [(ours, m) for m in models if (ours := rival(m, models)) is not None]
    pairs += [(model, _BASE) for model in models if model not in (_BASE, MERGED)]
    found = []
    for model, against in dict.fromkeys(pairs):
        for skill in (*made.columns, ""):
            if skill:
                told = made.against(skill, model, against)
            else:
                told = made.overall_against(model, against)
            if told is not None:
                found.append(_verdict(skill, model, against, amount, told))
    return found


def _verdict(
    skill: str, model: str, against: str, amount: Amount, told: "Comparison"
) -> VerdictState:
    return VerdictState(
        skill=skill,
        model=model,
        against=against,
        quick=amount[0],
        seconds=amount[1],
        difference=_told(told.difference),
        p=told.p,
        verdict=told.verdict,
        n=told.n,
        needed=told.needed,
    )


def _standings(
    made: "Scoreboard", models: Sequence[str], owned: Collection[str], amount: Amount
) -> list[StandingState]:
    found = []
    for model in models:
        for skill in made.columns:
            kept = made.retention(skill, model)
            if kept is not None:
                found.append(
                    StandingState(
                        skill=skill, model=model, quick=amount[0], seconds=amount[1],
                        score=None, retention=_told(kept), best=made.best_donor(skill) or "",
                    )
                )  # fmt: skip
        overall, kept = made.overall(model), made.mean_retention(model, owned)
        if overall is not None or kept is not None:
            found.append(
                StandingState(
                    skill="", model=model, quick=amount[0], seconds=amount[1], best="",
                    score=None if overall is None else _told(overall),
                    retention=None if kept is None else _told(kept),
                )
            )  # fmt: skip
    return found


def _told(interval: "Interval") -> IntervalState:
    return IntervalState(value=interval.value, low=interval.low, high=interval.high)
