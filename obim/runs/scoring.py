"""Scores of models x skills, each journaled as it is ready."""

from collections.abc import Sequence
from typing import Any

from obim.evaluation.encoding import Encoded, mean_tokens
from obim.evaluation.items import items_hash
from obim.evaluation.judging import judge_of
from obim.evaluation.statistics import summarise
from obim.registry import find, names
from obim.runs.bench import MERGED, Bench
from obim.runs.budget import Counts, count_of
from obim.runs.desk import Desk
from obim.runs.effort import MERGE, SHOW, reading
from obim.runs.scored import ScoreState
from obim.runs.showing import phase_of, show
from obim.types import ItemResult


def unscored(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: Counts
) -> list[tuple[str, str, list[Encoded], float]]:
    """What the journal has no scores of, of just these items: (model, skill, items, effort)."""
    bench.reader.catch_up()
    wanted: list[tuple[str, str, list[Encoded], float]] = []
    for model in models:
        shown = MERGE if model in names("merge_method") else SHOW
        for skill in skills:
            count = count_of(items, skill)
            encoded = bench.encoded(bench.sets()[skill], count)
            key = score_key(bench, model, skill, encoded, count)
            if list(bench.reader.scores.items(key)) != [e.item.id for e in encoded]:
                wanted.append((model, skill, encoded, shown + reading(encoded)))
                shown = 0.0  # it is shown already when the next skill is asked
    return wanted


def score_all(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: Counts, desk: Desk
) -> None:
    """Scores that the journal doesn't have yet, of just these items."""
    wanted = unscored(bench, models, skills, items)
    parts = desk.split(*(effort for *_, effort in wanted))
    for part, (model, skill, encoded, effort) in zip(parts, wanted, strict=True):
        what = f"{model} · {skill}"
        showing, scoring = part.split(effort - reading(encoded), reading(encoded))
        showing.tick(0.0, "evaluate", what)
        show(bench, model)
        judge = judge_of(bench.sets()[skill])
        judged = judge(bench.live.model, encoded, bench.tokenizer)
        results = scoring.drain(judged, phase_of(bench), what)
        count = count_of(items, skill)
        bench.folder.append(_event(bench, model, skill, encoded, items=count, results=results))
    bench.reader.catch_up()


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
