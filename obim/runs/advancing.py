"""The Advance and Back jobs: turns of the merge, each journaled when it is whole."""

import torch

from obim.errors import RunError
from obim.merging.plan import not_reached
from obim.runs.bench import MERGED, Bench, needs_statistics
from obim.runs.calibrating import prepare, summarise
from obim.runs.desk import Desk, StopJob
from obim.runs.effort import PREPARE, SUMMARISE, TURN, reading
from obim.runs.jobs import Advance, Back
from obim.runs.measuring import measure_all, measuring
from obim.runs.memory import shortage
from obim.runs.naming import group_of, groups_of
from obim.runs.scoring import QUICK_ITEMS, score_all
from obim.runs.sentences import store
from obim.runs.showing import undo
from obim.runs.state import TurnState
from obim.types import Turn


def run_advance(bench: Bench, job: Advance, desk: Desk) -> None:
    """Claim the next turns; what was not measured or prepared yet is done first."""
    if job.turns < 1:
        raise RunError("The number of turns has to be 1 or more.")
    bench.reader.catch_up()
    donors, ahead = len(bench.spec.donors), _ahead(bench, job, len(bench.reader.turns()))
    before = [0.0, 0.0, 0.0]
    if bench.merge is None:
        summing = 0.0 if bench.reader.saliency() else donors * SUMMARISE
        before = [measuring(bench), summing, donors * PREPARE]
    measured, summed, prepared, rest = desk.split(*before, sum(ahead) + TURN * len(ahead))
    if bench.merge is None:
        ready(bench, measured, summed)
    merge = prepare(bench, prepared)
    ahead = _ahead(bench, job, merge.turn)
    if not ahead:
        return
    goal, parts = merge.turn + len(ahead), rest.split(*(TURN + effort for effort in ahead))
    rest.tick(0.0, "claim", bench.spec.donors[0].name)
    steps = zip(parts, ahead, merge.iterate(stop=lambda: desk.stopping), strict=False)
    for part, effort, turn in steps:  # the parts first: when they are used up, no turn is taken
        bench.folder.append({"event": "turn", "turn": _summary(bench, turn)}, durable=True)
        if effort:
            quick_scores(bench, part.split(TURN, effort)[1])
        part.tick(1.0, "claim", bench.spec.donors[turn.donor].name)
    if merge.turn < goal:
        raise StopJob


def _ahead(bench: Bench, job: Advance, turn: int) -> list[float]:
    """For each turn after ``turn``, the effort of the evaluation that follows it, 0: none does."""
    goal, every = min(turn + job.turns, bench.spec.turns), len(bench.spec.donors)
    if job.evaluate == "off":
        return [0.0] * (goal - turn)
    if job.evaluate == "turn":
        every = 1
    sets = bench.sets()
    one = sum(reading(bench.encoded(sets[skill], QUICK_ITEMS)) for skill in _skills(bench))
    return [0.0 if number % every else one for number in range(turn + 1, goal + 1)]


def ready(bench: Bench, measured: Desk, summed: Desk) -> None:
    """Measure what the estimator needs, and sum it up, where that is not done yet."""
    if needs_statistics(bench.spec):
        measure_all(bench, measured)
    if not bench.reader.saliency():
        summarise(bench, summed)


def _skills(bench: Bench) -> list[str]:
    """Skills of the run that can be scored."""
    return [skill for skill in bench.skill_ids() if skill in bench.sets()]


def quick_scores(bench: Bench, desk: Desk) -> None:
    """A quick evaluation of the merge as it stands, on all skills of the run.

    Where the model would not fit into memory the merge goes on, and the journal says why it was
    not scored.
    """
    error = shortage(bench.base, getattr(torch, bench.spec.dtype)) if bench.loaded is None else None
    if error is not None:
        turn = prepare(bench, desk).turn
        bench.folder.append({"event": "unscored", "turn": turn, "why": store(error.sentence)})
        return
    score_all(bench, (MERGED,), _skills(bench), QUICK_ITEMS, desk)


def run_back(bench: Bench, job: Back, desk: Desk) -> None:
    """Undo the turns after ``job.turn``; the journal first, then the owner map."""
    bench.reader.catch_up()
    turn = len(bench.reader.turns())
    if not 0 <= job.turn <= turn:
        raise not_reached(job.turn, turn)
    if job.turn < turn:
        bench.folder.append({"event": "back", "turn": job.turn}, durable=True)
        if bench.merge is not None:
            undo(bench, job.turn)
    desk.tick(1.0, "claim")


def _summary(bench: Bench, turn: Turn) -> dict[str, object]:
    names = [name for name, _ in bench.sizes()]
    groups = groups_of(names)
    sums = dict.fromkeys(groups, 0)
    for name, claimed in zip(names, turn.claimed, strict=True):
        sums[group_of(name)] += claimed
    return TurnState(
        number=turn.number,
        round=turn.round,
        donor=turn.donor,
        claimed=tuple(sums.values()),
        short=sum(turn.wanted) - sum(turn.claimed),
        seconds=turn.seconds,
    ).model_dump(mode="json")
