"""The scoreboard as CSV: a row a model and set, every figure with interval, n, p and verdict."""

import csv
import io
from pathlib import Path
from typing import Any

from obim.evaluation.harness import is_task, task_id, task_of
from obim.runs.amounts import Amount, amounts, is_of
from obim.runs.boarding import rival
from obim.runs.scored import IntervalState, ScoreState, VerdictState
from obim.runs.state import RunState
from obim.runs.switches import MERGED, is_of_turn, past_label, past_turn

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
    with differs. What merges of earlier turns are compared with is the merge of the last one. What
    was scored with donors switched off in an earlier turn has its scores only.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="")
    writer.writeheader()
    titles = {skill.id: skill.title.get("en", skill.id) for skill in state.skills}
    told = _Told(state)
    for score in state.scores:
        row = _score(score) | {"title": titles.get(score.skill, _set(score.skill))}
        known = [a for a in amounts(state.budgets) if is_of(score, a, state.budgets)]
        label = score.model
        if label == MERGED and score.turn not in (None, state.turn):
            label = past_label(score.turn or 0)
        compared = score.turn in (None, state.turn) or label != score.model
        for amount in known:
            found = told.compared(score.skill, label, amount) if compared else {}
            _write(writer, row | found | _seconds(amount))
        if not known:
            _write(writer, row)
    for standing in state.standings:
        if not standing.skill:
            amount = standing.quick, standing.seconds
            row = {"items": _items(standing.quick), "set": MEAN, "title": MEAN}
            row |= _model(state, standing.model) | _interval("score", standing.score)
            _write(writer, row | told.compared("", standing.model, amount) | _seconds(amount))
    return stream.getvalue()


def _model(state: RunState, label: str) -> dict[str, Any]:
    """Model and turn of a label that standings have."""
    past = past_turn(label)
    if past is not None:
        return {"model": MERGED, "turn": past}
    return {"model": label} | ({"turn": state.turn} if is_of_turn(label) else {})


def _write(writer: "csv.DictWriter[str]", row: dict[str, Any]) -> None:
    writer.writerow({name: _safe(value) for name, value in row.items()})


def _seconds(amount: Amount) -> dict[str, Any]:
    return {} if amount[1] is None else {"seconds": amount[1]}


def _items(quick: bool) -> str:
    return "practice" if quick else "held back"


def _set(skill: str) -> str:
    """A skill's id; of a task file the name only, since its folders are nobody's business."""
    return task_id(Path(task_of(skill).path).name) if is_task(skill) else skill


def _score(score: ScoreState) -> dict[str, Any]:
    return {
        "items": _items(score.quick),
        "set": _set(score.skill),
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


class _Told:
    """Retentions and verdicts of a run, by what they are of."""

    def __init__(self, state: RunState) -> None:
        self._standings = {(s.skill, s.model, (s.quick, s.seconds)): s for s in state.standings}
        self._verdicts = {
            (v.skill, v.model, v.against, (v.quick, v.seconds)): v for v in state.verdicts
        }
        self._models: dict[Amount, set[str]] = {}
        for verdict in state.verdicts:
            self._models.setdefault((verdict.quick, verdict.seconds), set()).add(verdict.model)

    def compared(self, skill: str, model: str, amount: Amount) -> dict[str, Any]:
        """Retention, and both verdicts."""
        found: dict[str, Any] = {}
        standing = self._standings.get((skill, model, amount))
        if standing is not None:
            found |= {"best_donor": standing.best, **_interval("retention", standing.retention)}
        ours = rival(model, self._models.get(amount, ()))
        judged = self._verdicts.get((skill, ours or "", model, amount))
        if judged is not None:
            found |= {"judged": ours, **_verdict("judged", judged)}
        base = self._verdicts.get((skill, model, "base", amount))
        return found if base is None else found | _verdict("base", base)


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
