"""The Evaluate job: models x skills, each result journaled as it is ready; then what got worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obim.errors import EvaluationError, RunError
from obim.evaluation.encoding import Encoded, mean_tokens
from obim.evaluation.generate import write_answers
from obim.evaluation.items import items_hash
from obim.evaluation.statistics import summarise
from obim.registry import find, names
from obim.runs.bench import BASE, MERGED, Bench
from obim.runs.calibrating import prepare
from obim.runs.desk import Desk
from obim.runs.effort import ANSWERS, MERGE, PREPARE, SHOW, reading
from obim.runs.jobs import Evaluate
from obim.runs.scored import CompareState, FlipState, ScoreState
from obim.runs.showing import show
from obim.types import ItemResult

QUICK_ITEMS = 40
FLIPS = 8
FLIP_TOKENS = 48


def run_evaluate(bench: Bench, job: Evaluate, desk: Desk) -> None:
    """Score, then collect what the merge lost."""
    known = [BASE, MERGED, *(d.name for d in bench.spec.donors), *names("merge_method")]
    for model in job.models:
        if model not in known:
            raise RunError(
                "There is no model called {model!r} in this run; check its name.", model=model
            )
    for skill in job.skills:
        if skill not in bench.sets():
            raise EvaluationError(
                "There is no evaluation set called {skill!r}; choose another.", skill=skill
            )
    if job.items is not None and job.items < 1:
        raise EvaluationError("The number of items has to be 1 or more.")
    with_merge = MERGED in job.models
    wanted = unscored(bench, job.models, job.skills, job.items)
    first, middle, last = desk.split(
        len(bench.spec.donors) * PREPARE if with_merge and bench.merge is None else 0.0,
        sum(effort for *_, effort in wanted),
        3 * len(job.skills) * ANSWERS if with_merge else 0.0,  # of base, best donor and merge
    )
    if with_merge:
        prepare(bench, first)
    score_all(bench, job.models, job.skills, job.items, middle)
    if with_merge:
        find_flips(bench, job, last)


def unscored(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: int | None
) -> list[tuple[str, str, list[Encoded], float]]:
    """What the journal has no scores of, of just these items: (model, skill, items, effort)."""
    bench.reader.catch_up()
    wanted: list[tuple[str, str, list[Encoded], float]] = []
    for model in models:
        shown = MERGE if model in names("merge_method") else SHOW
        for skill in skills:
            encoded = bench.encoded(bench.sets()[skill], items)
            key = score_key(bench, model, skill, encoded, items)
            if list(bench.reader.scores.items(key)) != [e.item.id for e in encoded]:
                wanted.append((model, skill, encoded, shown + reading(encoded)))
                shown = 0.0  # it is shown already when the next skill is asked
    return wanted


def score_all(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: int | None, desk: Desk
) -> None:
    """Scores that the journal doesn't have yet, of just these items."""
    wanted = unscored(bench, models, skills, items)
    parts = desk.split(*(effort for *_, effort in wanted))
    for part, (model, skill, encoded, effort) in zip(parts, wanted, strict=True):
        what = f"{model} · {skill}"
        showing, scoring = part.split(effort - reading(encoded), reading(encoded))
        showing.tick(0.0, "evaluate", what)
        show(bench, model)
        judge = find("evaluator", bench.sets()[skill].evaluator).function
        judged = judge(bench.live.model, encoded, bench.tokenizer)
        results = scoring.drain(judged, _phase(bench), what)
        bench.folder.append(_event(bench, model, skill, encoded, items=items, results=results))
    bench.reader.catch_up()


def _phase(bench: Bench) -> str:
    """What the job bar says; the live model is loaded."""
    return "evaluate" if bench.live.device == bench.device else "evaluate_cpu"


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
    if turn is None and bench.merge is not None:
        turn = bench.merge.turn
    at = turn if model == MERGED else None
    return (model, at, skill, items is not None, len(encoded))


def _event(
    bench: Bench,
    model: str,
    skill: str,
    encoded: Sequence[Encoded],
    *,
    items: int | None,
    results: Sequence[ItemResult],
) -> dict[str, Any]:
    judged = find("evaluator", bench.sets()[skill].evaluator)
    unit, weights = str(judged.facts["unit"]), {r.id: r.weight for r in results}
    found = summarise(
        [r.value for r in results],
        list(weights.values()),
        share=unit == "share",
        transform=str(judged.facts.get("transform", "")),
    )
    score = ScoreState(
        skill=skill,
        model=model,
        turn=score_key(bench, model, skill, encoded, items)[1],
        quick=items is not None,
        evaluator=judged.name,
        n=len(results),
        score=found.value,
        low=found.low,
        high=found.high,
        mean_tokens=mean_tokens(encoded),
        unit=unit,
        higher_is_better=bool(judged.facts["higher_is_better"]),
        items_hash=items_hash([e.item for e in encoded]),
    )
    event: dict[str, Any] = {"event": "score", "score": score.model_dump(mode="json")}
    event["items"] = {r.id: r.value for r in results}
    return event if unit == "share" else event | {"weights": weights}


@dataclass(frozen=True)
class _Loss:
    """Items of one skill that a rival has right and the merge wrong."""

    skill: str
    rivals: tuple[str, ...]
    lost: tuple[Encoded, ...]

    @property
    def shown(self) -> tuple[Encoded, ...]:
        return self.lost[:FLIPS]

    @property
    def counted(self) -> CompareState:
        """How many there are."""
        lost, shown = len(self.lost), len(self.shown)
        return CompareState(skill=self.skill, lost=lost, shown=shown, rivals=self.rivals)


def find_flips(bench: Bench, job: Evaluate, desk: Desk) -> None:
    """Journal what `collect_flips` finds."""
    turn = bench.merge.turn if bench.merge is not None else 0
    for compared, flips in collect_flips(bench, job, desk):
        event = {"event": "flips", "turn": turn, "skill": compared.skill, "lost": compared.lost}
        told = [flip.model_dump(mode="json") for flip in flips]
        bench.folder.append(event | {"flips": told, "rivals": compared.rivals})


def collect_flips(
    bench: Bench, job: Evaluate, desk: Desk
) -> list[tuple[CompareState, tuple[FlipState, ...]]]:
    """Items right for the base or the best donor and wrong in the merge, with all answers."""
    losses = [_lost(bench, job, skill) for skill in job.skills]
    asked = [
        (label, loss)
        for label in (BASE, *(d.name for d in bench.spec.donors), MERGED)
        for loss in losses
        if loss.lost and label in (*loss.rivals, MERGED)
    ]
    answers: dict[tuple[str, str], list[str]] = {}
    for i, (label, loss) in enumerate(asked):
        part = desk.part(i / len(asked), (i + 1) / len(asked))
        answers[loss.skill, label] = _answers(bench, label, loss, part)
    return [(loss.counted, _flips(loss, answers)) for loss in losses]


def _flips(loss: _Loss, answers: dict[tuple[str, str], list[str]]) -> tuple[FlipState, ...]:
    return tuple(
        FlipState(
            skill=loss.skill,
            item=e.item.id,
            prompt=e.item.prompt,
            expected=e.item.answer,
            answers={m: texts[i] for (s, m), texts in answers.items() if s == loss.skill},
        )
        for i, e in enumerate(loss.shown)
    )


def _answers(bench: Bench, label: str, loss: _Loss, desk: Desk) -> list[str]:
    """What one model writes for the items shown; the desk is asked after every token."""
    what = f"{label} · {loss.skill}"
    desk.tick(0.0, "evaluate", what)
    show(bench, label)
    return write_answers(
        bench.live.model,
        bench.tokenizer,
        [e.item.prompt for e in loss.shown],
        FLIP_TOKENS,
        on_progress=lambda share: desk.tick(share, _phase(bench), what),
    )


def _lost(bench: Bench, job: Evaluate, skill: str) -> _Loss:
    """Compare the merge with the base and with the best donor on the skill, as far as scored."""
    encoded = bench.encoded(bench.sets()[skill], job.items)

    def key(model: str) -> tuple[Any, ...]:
        return score_key(bench, model, skill, encoded, job.items)

    scores = {
        model: score.score
        for model in (BASE, *(d.name for d in bench.spec.donors))
        if (score := bench.reader.scores.score(key(model))) is not None
    }
    donors = [model for model in scores if model != BASE]
    best = max(donors, key=lambda model: scores[model], default=None)
    rivals = tuple(m for m in (BASE, best) if m in scores)
    merged = _right(bench, key(MERGED))
    right = [_right(bench, key(m)) for m in rivals]
    lost = (
        e
        for e in encoded
        if merged.get(e.item.id) is False and any(r.get(e.item.id) for r in right)
    )
    return _Loss(skill, rivals, tuple(lost))


def _right(bench: Bench, key: tuple[Any, ...]) -> dict[str, bool]:
    """Item id -> right, of a score in shares; of another nothing is right or wrong."""
    score = bench.reader.scores.score(key)
    if score is None or score.unit != "share":
        return {}
    return {item: result.value == 1 for item, result in bench.reader.scores.items(key).items()}
