"""What a run's merge would come to with other settings: at once from a sample, or of all rows.

The sample stays in memory as long as models and statistics are the same.
"""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from obim.errors import RunError
from obim.insight.sampling import ROOM, Sample, draw_sample
from obim.insight.what_if import Stakes, Whole, predict, stakes
from obim.merging.estimating import memory_weighed
from obim.merging.plan import Plan
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.memory import require_memory
from obim.runs.naming import group_of, groups_of
from obim.runs.varying import order_of, plan_of
from obim.runs.what_if_jobs import Reckon, WhatIf
from obim.runs.what_ifs import DonorPrediction, WhatIfState, what_if_event
from obim.types import MergeSpec

_NATS = ("kfac", "hutchinson")
"""Estimators whose unit is nats a token."""


@dataclass
class _Drawn:
    """Samples of one run, one a scope, and sums that are known of them."""

    samples: dict[str, Sample] = field(default_factory=dict)
    sums: dict[str, Whole] = field(default_factory=dict)
    exact: Whole = field(default_factory=Whole)


_DRAWN: "WeakKeyDictionary[Plan, _Drawn]" = WeakKeyDictionary()
"""By the plan of the run, which is another one as soon as models or statistics are."""


def read_what_if(bench: Bench, request: WhatIf, busy: bool) -> WhatIfState:
    """Foresee a setting from the sample; the first time it is drawn.

    Args:
        bench: of the run.
        request: the setting.
        busy: a job is under way, so no sample may be drawn.

    Raises:
        RunError: the setting is for other models; or there is no sample, and a job is under way.
        CalibrationError: a donor isn't calibrated yet.
    """
    began = time.monotonic()
    order = order_of(bench.spec, request.spec)
    sample, sums = _sample(bench, request.spec, busy)
    plan = Plan(request.spec, sample.base, [sample.stats[i] for i in order])
    donors = [sample.donors[i] for i in order]
    found = _run(stakes(plan, sample.base, donors, sums))
    made = _state(request.spec, plan, found, sample)
    return made.model_copy(update={"seconds": time.monotonic() - began})


def run_reckon(bench: Bench, job: Reckon, desk: Desk) -> None:
    """Foresee a setting from all rows, and journal it."""
    began = time.monotonic()
    plan, donors = plan_of(bench, job.spec)
    require_memory(memory_weighed(job.spec, bench.base))
    whole = sums_of(bench)
    found = desk.drain(stakes(plan, bench.base, donors, whole, desk.check), "reckon")
    made = _state(job.spec, plan, found, None)
    made = made.model_copy(update={"seconds": time.monotonic() - began})
    bench.folder.append(what_if_event("settings", made))


def sums_of(bench: Bench) -> Whole:
    """Saliency of whole donors, as far as it was summed."""
    return _drawn(bench).exact


def _drawn(bench: Bench) -> _Drawn:
    return _DRAWN.setdefault(bench.plan, _Drawn())


def _sample(bench: Bench, spec: MergeSpec, busy: bool) -> tuple[Sample, Whole]:
    scope, drawn = spec.scope, _drawn(bench)
    if scope not in drawn.samples:
        if busy:
            raise RunError("A preview has to read some rows first; ask again when the job is done.")
        like = bench.spec.model_copy(update={"scope": scope})
        room = ROOM if scope == "tensor" else ROOM // 2  # others take twice as long a position
        for step in draw_sample(like, bench.base, bench.donors, bench.stats(), room):
            if isinstance(step, Sample):
                drawn.samples[scope], drawn.sums[scope] = step, Whole()
    return drawn.samples[scope], drawn.sums[scope]


def _run(steps: Generator[float, None, Stakes]) -> Stakes:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        found: Stakes = end.value
        return found


def _state(spec: MergeSpec, plan: Plan, found: Stakes, sample: Sample | None) -> WhatIfState:
    weights = None if sample is None else sample.weights
    return WhatIfState(
        spec=spec,
        every=1 if sample is None else sample.every,
        rows=0 if sample is None else sample.rows,
        donors=tuple(_donor(plan, found, k, weights) for k in range(len(spec.donors))),
    )


def _donor(
    plan: Plan, found: Stakes, k: int, weights: Mapping[str, float] | None
) -> DonorPrediction:
    own, rankings = predict(plan, found, k, weights), plan.rankings[k]
    rows = dict.fromkeys(groups_of(found), 0.0)
    for name, here in found.items():
        if k in here:
            weight = 1.0 if weights is None else weights[name]
            rows[group_of(name)] += weight * here[k].owned
    return DonorPrediction(
        name=rankings.donor,
        owned=tuple(rows.values()),
        lost=own.lost,
        contested=own.contested,
        contested_lost=own.contested_lost,
        rise=own.rise if rankings.estimator.name in _NATS else None,
        unmeasured=sum(not here[k].measured for here in found.values() if k in here),
    )
