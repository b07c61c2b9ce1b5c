"""The Evaluate job: models x skills, then the single items that models disagree on."""

from collections.abc import Sequence

from obim.errors import EvaluationError, RunError
from obim.runs.bench import BASE, Bench
from obim.runs.budget import check_amount, counts, measure, trial_effort
from obim.runs.calibrating import prepare
from obim.runs.desk import Desk
from obim.runs.effort import ANSWERS, PREPARE
from obim.runs.flips import find_flips
from obim.runs.jobs import Evaluate
from obim.runs.score_keys import Scored
from obim.runs.scoring import score_all
from obim.runs.switches import MERGED, check_switches, is_of_turn, switches_of
from obim.runs.tasks import add_tasks
from obim.runs.unscored import unscored
from obim.runs.variants import is_merge, variant


def run_evaluate(bench: Bench, job: Evaluate, desk: Desk) -> None:
    """Score, then collect what the merge lost and what it brought back."""
    _check_models(bench, job.models)
    add_tasks(bench, job.skills)
    for skill in job.skills:
        if skill not in bench.sets():
            raise EvaluationError(
                "There is no evaluation set called {skill!r}; choose another.", skill=skill
            )
    check_amount(job.items, job.seconds)
    of_turn, with_merge = any(map(is_of_turn, job.models)), MERGED in job.models
    scored = Scored(bench, lambda: desk.tick(0.0))
    desk = _timed(bench, job, scored, desk)
    items = counts(bench, job.items, job.seconds)
    wanted = unscored(bench, job.models, job.skills, items, scored)
    first, middle, last = desk.split(
        len(bench.spec.donors) * PREPARE if of_turn and bench.merge is None else 0.0,
        sum(one.effort for one in wanted),
        3 * len(job.skills) * ANSWERS if with_merge else 0.0,  # of base, best donor and merge
    )
    if of_turn:
        prepare(bench, first)
    score_all(bench, job.models, job.skills, items, middle)
    if with_merge:
        find_flips(bench, job, last)


def _timed(bench: Bench, job: Evaluate, scored: Scored, desk: Desk) -> Desk:
    """Find out how many items fit the seconds, where that isn't known; the desk of the rest."""
    bench.reader.catch_up()
    trial = trial_effort(bench, job.skills, job.seconds)
    if not trial:
        return desk
    usual = counts(bench, job.items, job.seconds)
    coming = unscored(bench, job.models, job.skills, usual, scored)
    first, rest = desk.split(trial, sum(one.effort for one in coming))
    measure(bench, job.skills, job.seconds, first)
    return rest


def _check_models(bench: Bench, models: Sequence[str]) -> None:
    donors = [donor.name for donor in bench.spec.donors]
    for model in models:
        if is_of_turn(model):
            check_switches(switches_of(model), donors)
        elif model not in (BASE, *donors) and not is_merge(model):
            raise RunError(
                "There is no model called {model!r} in this run; check its name.", model=model
            )
        elif "@" in model:
            variant(bench.spec, model)  # refuses what no merge of this run can be
