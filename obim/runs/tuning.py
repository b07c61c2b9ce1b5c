"""The Tune job: every method gets the same number of tries, scored on items kept for that.

Items: those of the dev half at even positions; quick scores use the odd ones, full scores the
report half. Each try is journaled when it is scored, so Stop keeps what was tried.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from obim.errors import EvaluationError, RunError
from obim.evaluation.encoding import Encoded, encode_items
from obim.registry import find
from obim.runs.bench import BASE, Bench
from obim.runs.desk import Desk
from obim.runs.drawing import choose_tuning_items
from obim.runs.effort import MERGE, reading
from obim.runs.jobs import Tune
from obim.runs.measuring import measure_all, measuring
from obim.runs.score_keys import Scored
from obim.runs.scoring import judge
from obim.runs.showing import show
from obim.runs.statistics_needed import needs_statistics
from obim.runs.tuned import TUNED, Settings
from obim.runs.tuning_plan import TUNING_ITEMS, settings_of, tunable
from obim.runs.variants import tried
from obim.types import ItemResult

Items = Mapping[str, Sequence[Encoded]]
"""Skill -> items."""


@dataclass(frozen=True)
class _Try:
    """One setting of one method; ``known``: skill -> what the cache has of it."""

    method: str
    settings: Settings
    known: Mapping[str, Sequence[ItemResult] | None]
    effort: float

    @property
    def label(self) -> str:
        return tried(self.method, self.settings)


def run_tune(bench: Bench, job: Tune, desk: Desk) -> None:
    """Try, method by method in turns, so that after Stop all have been tried alike."""
    _check(bench, job)
    bench.reader.catch_up()
    items = {skill: found for skill in job.skills if (found := _tuning_items(bench, skill))}
    if not items:
        raise EvaluationError(
            "The evaluation sets of this run have no items that settings could be tuned on."
        )
    scored = Scored(bench, lambda: desk.tick(0.0))
    first, rest = desk.split(measuring(bench), 2 * MERGE * job.tries * len(job.methods))
    if needs_statistics(bench.spec):
        measure_all(bench, first)
    tries = _tries(bench, job, items, scored)
    try:
        parts = rest.split(*(one.effort for one in tries))
        for part, one in zip(parts, tries, strict=True):
            began = time.monotonic()
            results = _results(bench, one, items, part, scored)
            event = {"event": "try", "method": one.method, "score": _worth(bench, results)}
            event["items"] = _digest(items, scored)
            if one.effort:
                event["pace"] = (time.monotonic() - began) / one.effort
            bench.folder.append(event | {"settings": one.settings.model_dump()})
    finally:
        bench.reader.catch_up()
        if bench.loaded is not None:
            show(bench, BASE)


def _check(bench: Bench, job: Tune) -> None:
    if job.tries < 1:
        raise RunError("The number of tries has to be 1 or more.")
    for method in job.methods:
        if method not in tunable():
            raise RunError(
                "There is no model called {model!r} in this run; check its name.", model=method
            )
    for skill in job.skills:
        if skill not in bench.sets():
            raise EvaluationError(
                "There is no evaluation set called {skill!r}; choose another.", skill=skill
            )


def _tuning_items(bench: Bench, skill: str) -> list[Encoded]:
    chosen = choose_tuning_items(bench.sets()[skill], TUNING_ITEMS, bench.spec.seed)
    return encode_items(bench.tokenizer, chosen)


def _tries(bench: Bench, job: Tune, items: Items, scored: Scored) -> list[_Try]:
    """What was not tried yet: the first try of each method, then the second ..."""
    spec, digest = bench.spec, _digest(items, scored)
    plans = [settings_of(m, len(spec.donors), job.tries, spec.seed) for m in job.methods]
    rounds = [
        (method, plan[i])
        for i in range(job.tries)
        for method, plan in zip(job.methods, plans, strict=True)
        if i < len(plan) and plan[i] not in bench.reader.tuned.tried(method, digest)
    ]
    return [_try(bench, method, settings, items, scored) for method, settings in rounds]


def _digest(items: Items, scored: Scored) -> str:
    """Of what the tries are scored on."""
    return ",".join(f"{skill}:{scored.digest(found)}" for skill, found in sorted(items.items()))


def _try(bench: Bench, method: str, settings: Settings, items: Items, scored: Scored) -> _Try:
    label, known, effort = tried(method, settings), {}, 0.0
    for skill, encoded in items.items():
        key = scored.key(label, bench.sets()[skill], encoded, None)
        known[skill] = scored.cache.get(key)
        effort += reading(encoded) if known[skill] is None else 0.0
    return _Try(method, settings, known, effort + MERGE if effort else 0.0)


def _results(
    bench: Bench, one: _Try, items: Items, desk: Desk, scored: Scored
) -> dict[str, Sequence[ItemResult]]:
    merging, *parts = desk.split(MERGE if one.effort else 0.0, *map(reading, items.values()))
    results: dict[str, Sequence[ItemResult]] = {}
    for part, (skill, encoded) in zip(parts, items.items(), strict=True):
        what, known = f"{one.method}{TUNED} · {skill}", one.known[skill]
        if known is None:
            merging.tick(0.0, "evaluate", what)
            show(bench, one.label)
            known = judge(bench, skill, encoded, part, what)
            key = scored.key(one.label, bench.sets()[skill], encoded, None)
            scored.cache.put(key, known)
        results[skill] = known
    return results


def _worth(bench: Bench, results: Mapping[str, Sequence[ItemResult]]) -> float:
    """The mean score over the sets of right and wrong; where there are none, over all, signed."""
    shares, others = [], []
    for skill, found in results.items():
        facts = find("evaluator", bench.sets()[skill].evaluator).facts
        score = math.fsum(r.value for r in found) / math.fsum(r.weight for r in found)
        if facts["unit"] == "share":
            shares.append(score)
        else:
            others.append(score if facts["higher_is_better"] else -score)
    told = shares or others
    return math.fsum(told) / len(told)
