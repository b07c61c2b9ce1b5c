"""The Advance and Back jobs: turns of the merge, each journaled when it is whole."""

from obim.errors import RunError
from obim.merging.plan import not_reached
from obim.runs.bench import MERGED, Bench
from obim.runs.calibrating import prepare, summarise
from obim.runs.desk import Desk, StopJob
from obim.runs.jobs import Advance, Back
from obim.runs.measuring import measure_all
from obim.runs.naming import group_of, groups_of
from obim.runs.scoring import QUICK_ITEMS, score_all
from obim.runs.showing import undo
from obim.runs.state import TurnState
from obim.types import Turn


def run_advance(bench: Bench, job: Advance, desk: Desk) -> None:
    """Claim the next turns; what was not measured or prepared yet is done first."""
    if job.turns < 1:
        raise RunError("The number of turns has to be 1 or more.")
    share = 0.0 if bench.merge is not None else 0.5
    if share:
        ready(bench, desk.part(0.0, 0.6 * share))
    merge = prepare(bench, desk.part(0.6 * share, share))
    goal = min(merge.turn + job.turns, bench.spec.turns)
    first, work = merge.turn, desk.part(share, 1.0)
    if goal == first:
        return
    work.tick(0.0, "claim", bench.spec.donors[0].name)
    for turn in merge.iterate(stop=lambda: desk.stopping):
        bench.folder.append({"event": "turn", "turn": _summary(bench, turn)}, durable=True)
        done = (turn.number - first) / (goal - first)
        ends_round = turn.number % len(bench.spec.donors) == 0
        if job.evaluate == "turn" or (job.evaluate == "round" and ends_round):
            before = (turn.number - 1 - first) / (goal - first)
            quick_scores(bench, work.part(before, done))
        work.tick(done, "claim", bench.spec.donors[turn.donor].name)
        if turn.number == goal:
            return
    raise StopJob


def ready(bench: Bench, desk: Desk) -> None:
    """Measure what the estimator needs, and sum it up, where that is not done yet."""
    if bench.plan_needs_statistics():
        measure_all(bench, desk.part(0.0, 0.8))
    if not bench.reader.saliency():
        summarise(bench, desk.part(0.8, 1.0))


def quick_scores(bench: Bench, desk: Desk) -> None:
    """A quick evaluation of the merge as it stands, on all skills of the run."""
    skills = [skill for skill in bench.skill_ids() if skill in bench.sets()]
    if skills:
        score_all(bench, (MERGED,), skills, QUICK_ITEMS, desk)


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
