"""Scores of models x skills, each journaled as it is ready."""

import time
from collections.abc import Sequence
from typing import Any

from obim.evaluation.encoding import Encoded, mean_tokens
from obim.evaluation.items import items_hash
from obim.evaluation.judging import judge_of
from obim.evaluation.statistics import summarise
from obim.registry import find
from obim.runs.bench import Bench
from obim.runs.budget import Counts, count_of
from obim.runs.desk import Desk
from obim.runs.effort import reading
from obim.runs.score_keys import Scored
from obim.runs.scored import ScoreState
from obim.runs.showing import phase_of, show
from obim.runs.unscored import Wanted, score_key, unscored
from obim.types import ItemResult


def score_all(
    bench: Bench, models: Sequence[str], skills: Sequence[str], items: Counts, desk: Desk
) -> None:
    """Scores that the journal doesn't have yet, of just these items."""
    scored = Scored(bench, lambda: desk.tick(0.0))
    wanted = unscored(bench, models, skills, items, scored)
    for part, one in zip(desk.split(*(w.effort for w in wanted)), wanted, strict=True):
        results, pace = one.known, {}
        if results is None:
            began = time.monotonic()
            results = _judge(bench, one, part)
            pace = {"pace": (time.monotonic() - began) / one.effort}
            scored.cache.put(one.identity, results)
        event = _event(bench, one, items=count_of(items, one.skill), results=results)
        bench.folder.append(event | pace | {"identity": one.identity})
    bench.reader.catch_up()


def _judge(bench: Bench, one: Wanted, desk: Desk) -> list[ItemResult]:
    what = f"{one.model} · {one.skill}"
    showing, scoring = desk.split(one.showing, reading(one.encoded))
    showing.tick(0.0, "evaluate", what)
    show(bench, one.model)
    return judge(bench, one.skill, one.encoded, scoring, what)


def judge(
    bench: Bench, skill: str, encoded: Sequence[Encoded], desk: Desk, what: str
) -> list[ItemResult]:
    """How the model that is shown does on items of a skill."""
    judging = judge_of(bench.sets()[skill])(bench.live.model, encoded, bench.tokenizer)
    return desk.drain(judging, phase_of(bench), what)


def _event(
    bench: Bench, one: Wanted, *, items: int | None, results: Sequence[ItemResult]
) -> dict[str, Any]:
    score = score_of(bench, one.model, one.skill, one.encoded, results, items)
    event: dict[str, Any] = {"event": "score", "score": score.model_dump(mode="json")}
    event["items"] = {r.id: r.value for r in results}
    weights = {r.id: r.weight for r in results}
    return event if score.unit == "share" else event | {"weights": weights}


def score_of(  # noqa: PLR0917  (all that a score is of)
    bench: Bench,
    model: str,
    skill: str,
    encoded: Sequence[Encoded],
    results: Sequence[ItemResult],
    items: int | None,
) -> ScoreState:
    """The score that the results of items come to; ``items``: chosen of a quick evaluation."""
    judged = find("evaluator", bench.sets()[skill].evaluator)
    unit = str(judged.facts["unit"])
    found = summarise(
        [r.value for r in results],
        [r.weight for r in results],
        share=unit == "share",
        transform=str(judged.facts.get("transform", "")),
    )
    return ScoreState(
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
