"""How many items a quick evaluation takes: a usual number, or what fits the seconds chosen.

It is measured once a run and journaled, so that every model and turn is scored on the same items.
"""

import math
import time
from collections.abc import Mapping, Sequence

from obim.errors import EvaluationError
from obim.evaluation.items import EvalSet
from obim.evaluation.judging import judge_of
from obim.runs.amounts import LEAST_ITEMS
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.effort import reading
from obim.runs.scored import BudgetState
from obim.runs.showing import shown_label

Counts = int | None | Mapping[str, int]
"""Items a skill at most: the same of each, None for all that are held back, or by skill."""
QUICK_ITEMS = 40
"""Items a skill of a quick evaluation for which no seconds were chosen."""
_TRIAL = 16
_WARM = 2


def count_of(items: Counts, skill: str) -> int | None:
    """Items of one skill."""
    return items[skill] if isinstance(items, Mapping) else items


def check_amount(items: int | None, seconds: float | None) -> None:
    """Refuse amounts that nothing can be scored by.

    Raises:
        EvaluationError: not positive, or both are given.
    """
    if items is not None and items < 1:
        raise EvaluationError("The number of items has to be 1 or more.")
    if seconds is not None and not 0 < seconds < math.inf:
        raise EvaluationError("The seconds of an evaluation have to be more than 0.")
    if items is not None and seconds is not None:
        raise EvaluationError("Give a number of items or seconds for an evaluation, not both.")


def counts(bench: Bench, items: int | None, seconds: float | None) -> Counts:
    """What `measure` found for these seconds; ``items`` where no seconds are given.

    Before a skill is measured it is taken for the usual number, to tell how long a job will be.
    """
    if seconds is None:
        return items
    budget = bench.reader.scores.budget(seconds)
    usual = dict.fromkeys(bench.skill_ids(), QUICK_ITEMS)
    return usual if budget is None else usual | budget.items


def unmeasured(bench: Bench, skills: Sequence[str], seconds: float | None) -> list[str]:
    """Skills that `measure` has still to time."""
    if seconds is None:
        return []
    budget = bench.reader.scores.budget(seconds)
    return [skill for skill in skills if budget is None or skill not in budget.items]


def trial_effort(bench: Bench, skills: Sequence[str], seconds: float | None) -> float:
    """What `measure` reads, see `obim.runs.effort`."""
    trials = [bench.encoded(bench.sets()[s], _TRIAL) for s in unmeasured(bench, skills, seconds)]
    return sum(reading(trial) + reading(trial[:_WARM]) for trial in trials)


def measure(bench: Bench, skills: Sequence[str], seconds: float | None, desk: Desk) -> None:
    """Journal how many items of each skill fit, unless that was done.

    The seconds are those of one model on all skills of the run, shared out evenly; what an item
    takes is timed on a few of each skill, with whatever model is live.

    Args:
        bench: of the run.
        skills: those that are to be scored.
        seconds: None: nothing is measured.
        desk: told of every batch.
    """
    bench.reader.catch_up()
    if seconds is None:
        return
    before = bench.reader.scores.budget(seconds)
    known = BudgetState(seconds=seconds) if before is None else before
    missing = unmeasured(bench, skills, seconds)
    if not missing:
        return
    share = seconds / len({*bench.skill_ids(), *skills})
    items, usual, takes = dict(known.items), dict(known.usual), dict(known.takes)
    for skill, part in zip(missing, desk.split(*[1.0] * len(missing)), strict=True):
        evaluation = bench.sets()[skill]
        one = _seconds_an_item(bench, evaluation, part)
        items[skill] = len(bench.encoded(evaluation, max(LEAST_ITEMS, math.floor(share / one))))
        usual[skill] = len(bench.encoded(evaluation, QUICK_ITEMS))
        takes[skill] = items[skill] * one
    budget = BudgetState(seconds=seconds, items=items, usual=usual, takes=takes)
    bench.folder.append({"event": "budget", "budget": budget.model_dump(mode="json")})
    bench.reader.catch_up()


def _seconds_an_item(bench: Bench, evaluation: EvalSet, desk: Desk) -> float:
    judge = judge_of(evaluation)
    trial = bench.encoded(evaluation, _TRIAL)
    model, what = bench.live.model, f"{shown_label(bench)} · {evaluation.id}"
    warm, timed = desk.split(_WARM, _TRIAL)
    warm.drain(judge(model, trial[:_WARM], bench.tokenizer), "evaluate_timing", what)
    began = time.perf_counter()
    timed.drain(judge(model, trial, bench.tokenizer), "evaluate_timing", what)
    return (time.perf_counter() - began) / len(trial)
