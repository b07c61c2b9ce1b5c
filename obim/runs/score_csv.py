"""The scoreboard as CSV: a row a model and set, every figure with interval, n, p and verdict."""

import csv
import io
from typing import Any

from obim.runs.amounts import Amount, amounts, is_of
from obim.runs.boarding import rival
from obim.runs.scored import IntervalState, ScoreState, VerdictState
from obim.runs.state import RunState
from obim.runs.switches import is_of_turn

_ENDS = ("", "_low", "_high")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
MEAN = "(mean)"
"""What stands in place of a set where a row is of all of them."""

COLUMNS = (
    "items", "seconds", "set", "title", "model", "turn", "evaluator", "unit", "higher_is_better",
    "n",
    "score", "score_low", "score_high",
    "best_donor", "retention", "retention_low", "retention_high",
    "judged", "judged_difference", "judged_difference_low", "judged_difference_high",
    "judged_p", "judged_verdict", "judged_n", "judged_needed",
    "base_difference", "base_difference_low", "base_difference_high",
    "base_p", "base_verdict", "base_n", "base_needed",
)  # fmt: skip
"""``judged`` names the OBIM merge whose verdict against the row's model the columns after it are;
``base_`` columns are the verdict of the row's model against the base. Differences are before any
transform (of a perplexity: of the mean log-loss)."""


def scores_csv(state: RunState) -> str:
    """All scores of a run up to its turn, then the means.

    A score that belongs to several amounts of items stands once for each, since what it is compared
    with differs. Merges of earlier turns have their scores only: verdicts and retentions are of the
    last turn.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="")
    writer.writeheader()
    titles = {skill.id: skill.title.get("en", skill.id) for skill in state.skills}
    for score in state.scores:
        row = _score(score) | {"title": titles.get(score.skill, score.skill)}
        known = [a for a in amounts(state.budgets) if is_of(score, a, state.budgets)]
        compared = score.turn in (None, state.turn)
        for amount in known:
            told = _compared(state, score.skill, score.model, amount) if compared else {}
            _write(writer, row | told | _seconds(amount))
        if not known:
            _write(writer, row)
    for standing in state.standings:
        if not standing.skill:
            amount = standing.quick, standing.seconds
            row = {"items": _items(standing.quick), "set": MEAN, "title": MEAN}
            row |= {"model": standing.model, **_interval("score", standing.score)}
            row |= {"turn": state.turn} if is_of_turn(standing.model) else {}
            _write(writer, row | _compared(state, "", standing.model, amount) | _seconds(amount))
    return stream.getvalue()


def _write(writer: "csv.DictWriter[str]", row: dict[str, Any]) -> None:
    writer.writerow({name: _safe(value) for name, value in row.items()})


def _seconds(amount: Amount) -> dict[str, Any]:
    return {} if amount[1] is None else {"seconds": amount[1]}


def _items(quick: bool) -> str:
    return "practice" if quick else "held back"


def _score(score: ScoreState) -> dict[str, Any]:
    return {
        "items": _items(score.quick),
        "set": score.skill,
        "model": score.model,
        "turn": "" if score.turn is None else score.turn,
        "evaluator": score.evaluator,
        "unit": score.unit,
        "higher_is_better": score.higher_is_better,
        "n": score.n,
        "score": score.score,
        "score_low": score.low,
        "score_high": score.high,
    }


def _compared(state: RunState, skill: str, model: str, amount: Amount) -> dict[str, Any]:
    """Retention, and both verdicts."""
    found: dict[str, Any] = {}
    for standing in state.standings:
        of = standing.quick, standing.seconds
        if (standing.skill, standing.model, of) == (skill, model, amount):
            found |= {"best_donor": standing.best, **_interval("retention", standing.retention)}
    models = {v.model for v in state.verdicts if (v.quick, v.seconds) == amount}
    ours = rival(model, models)
    for told in state.verdicts:
        if (told.skill, (told.quick, told.seconds)) != (skill, amount):
            continue
        if (told.model, told.against) == (ours, model):
            found |= {"judged": ours, **_verdict("judged", told)}
        if (told.model, told.against) == (model, "base"):
            found |= _verdict("base", told)
    return found


def _interval(name: str, interval: IntervalState | None) -> dict[str, Any]:
    if interval is None:
        return {}
    ends = (interval.value, interval.low, interval.high)
    return {f"{name}{end}": value for end, value in zip(_ENDS, ends, strict=True)}


def _verdict(who: str, told: VerdictState) -> dict[str, Any]:
    return _interval(f"{who}_difference", told.difference) | {
        f"{who}_p": told.p,
        f"{who}_verdict": told.verdict,
        f"{who}_n": told.n,
        f"{who}_needed": "" if told.needed is None else told.needed,
    }


def _safe(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
