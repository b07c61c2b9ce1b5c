"""The Advance and Back jobs: turns of the merge, each journaled when it is whole."""

import torch

from obim.errors import RunError
from obim.evaluation.rules import Gates
from obim.merging.engine import Merge
from obim.merging.plan import not_reached, require_turns
from obim.runs.bench import Bench
from obim.runs.budget import QUICK_ITEMS, check_amount, count_of, counts, measure
from obim.runs.calibrating import prepare, summarise
from obim.runs.desk import Desk, StopJob
from obim.runs.effort import PREPARE, SUMMARISE, TURN, reading
from obim.runs.gating import Gatekeeper
from obim.runs.jobs import Advance, Back
from obim.runs.measuring import measure_all, measuring
from obim.runs.memory import exhausted, shortage, unjudged
from obim.runs.naming import group_of, groups_of, layer_of, part_of, parts_of
from obim.runs.scoring import score_all
from obim.runs.sentences import store
from obim.runs.showing import undo
from obim.runs.state import TurnState
from obim.runs.statistics_needed import needs_statistics
from obim.runs.switches import MERGED
from obim.types import Turn


def run_advance(bench: Bench, job: Advance, desk: Desk) -> None:
    """Claim the next turns; what was not measured or prepared yet is done first.

    With rules, base and donors are scored before, and a turn that was left unjudged is judged.
    """
    require_turns(bench.spec)
    check_amount(None, job.seconds)
    bench.reader.catch_up()
    now, only_judge = len(bench.reader.turns()), job.turns == 0 and bool(job.gates.rules)
    gates = job.gates if only_judge or job.evaluate != "off" else Gates()
    keeper = Gatekeeper(bench, gates, job.seconds)
    if job.turns < 1 and not only_judge:
        raise RunError("The number of turns has to be 1 or more.")
    if only_judge and not now:
        raise RunError("Nothing is merged yet; take the first turn.")
    ahead, due = _ahead(bench, job, now), only_judge or _is_due(bench, job, now)
    before = [0.0, 0.0, 0.0]
    if bench.merge is None:
        donors = len(bench.spec.donors)
        summing = 0.0 if bench.reader.saliency() else donors * SUMMARISE
        before = [measuring(bench), summing, donors * PREPARE]
    judging = keeper.effort(due, lambda: desk.tick(0.0))
    measured, summed, prepared, judged, rest = desk.split(
        *before, judging, sum(ahead) + TURN * len(ahead)
    )
    if keeper and (judging or ahead) and bench.loaded is None:
        error = unjudged(bench.base, getattr(torch, bench.spec.dtype), bench.device)
        if error is not None:
            raise error
    if bench.merge is None:
        ready(bench, measured, summed)
    merge = prepare(bench, prepared)
    ahead, due = _ahead(bench, job, merge.turn), only_judge or _is_due(bench, job, merge.turn)
    if keeper.admit(judged, due, act=not only_judge) and ahead:
        _take_turns(bench, merge, ahead, keeper, rest, seconds=job.seconds)


def _take_turns(
    bench: Bench,
    merge: Merge,
    ahead: list[float],
    keeper: Gatekeeper,
    desk: Desk,
    *,
    seconds: float | None,
) -> None:
    """Claim turn by turn, each with its evaluation and judgement, until the last or red."""
    goal, parts = merge.turn + len(ahead), desk.split(*(TURN + effort for effort in ahead))
    desk.tick(0.0, "claim", bench.spec.donors[0].name)
    steps = zip(parts, ahead, merge.iterate(stop=lambda: desk.stopping), strict=False)
    for part, effort, turn in steps:  # the parts first: when they are used up, no turn is taken
        bench.folder.append({"event": "turn", "turn": _summary(bench, turn)}, durable=True)
        if effort:
            _, scoring, judging = part.split(TURN, effort, 0.0)
            quick_scores(bench, scoring, seconds)
            if keeper and not keeper.judge_turn(judging):
                return
        part.tick(1.0, "claim", bench.spec.donors[turn.donor].name)
    if merge.turn < goal:
        raise StopJob


def _every(bench: Bench, job: Advance) -> int:
    """After how many turns there is an evaluation."""
    return 1 if job.evaluate == "turn" else len(bench.spec.donors)


def _is_due(bench: Bench, job: Advance, turn: int) -> bool:
    """An evaluation belongs to this turn."""
    return job.evaluate != "off" and turn > 0 and turn % _every(bench, job) == 0


def _ahead(bench: Bench, job: Advance, turn: int) -> list[float]:
    """For each turn after ``turn``, the effort of the evaluation that follows it, 0: none does."""
    goal = min(turn + job.turns, bench.spec.turns)
    if job.evaluate == "off":
        return [0.0] * (goal - turn)
    sets, items = bench.sets(), counts(bench, QUICK_ITEMS, job.seconds)
    asked = (bench.encoded(sets[skill], count_of(items, skill)) for skill in _skills(bench))
    one = sum(map(reading, asked))
    return [one if _is_due(bench, job, number) else 0.0 for number in range(turn + 1, goal + 1)]


def ready(bench: Bench, measured: Desk, summed: Desk) -> None:
    """Measure what the estimator needs, and sum it up, where that is not done yet."""
    if needs_statistics(bench.spec):
        measure_all(bench, measured)
    if not bench.reader.saliency():
        summarise(bench, summed)


def _skills(bench: Bench) -> list[str]:
    """Skills of the run that can be scored."""
    return [skill for skill in bench.skill_ids() if skill in bench.sets()]


def quick_scores(bench: Bench, desk: Desk, seconds: float | None) -> None:
    """A quick evaluation of the merge as it stands, on all skills of the run.

    Where the model does not fit into memory, or its device runs out of it, the merge goes on, and
    the journal says why it was not scored.
    """
    dtype = getattr(torch, bench.spec.dtype)
    error = shortage(bench.base, dtype, bench.device) if bench.loaded is None else None
    if error is None:
        try:
            _score(bench, desk, seconds)
            return
        except RuntimeError as raised:
            error = exhausted(raised, bench.device)
            if error is None:
                raise
    turn = prepare(bench, desk).turn
    bench.folder.append({"event": "unscored", "turn": turn, "why": store(error.sentence)})


def _score(bench: Bench, desk: Desk, seconds: float | None) -> None:
    skills = _skills(bench)
    measure(bench, skills, seconds, desk.part(0.0, 0.0))
    score_all(bench, (MERGED,), skills, counts(bench, QUICK_ITEMS, seconds), desk)


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
    sums, parts = dict.fromkeys(groups, 0), dict.fromkeys(parts_of(names), 0)
    for name, claimed in zip(names, turn.claimed, strict=True):
        sums[group_of(name)] += claimed
        parts[layer_of(name), part_of(name)] += claimed
    return TurnState(
        number=turn.number,
        round=turn.round,
        donor=turn.donor,
        claimed=tuple(sums.values()),
        short=sum(turn.wanted) - sum(turn.claimed),
        seconds=turn.seconds,
        parts=tuple(parts.values()),
    ).model_dump(mode="json")
