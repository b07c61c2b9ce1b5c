"""Jobs on the order of the donors: owner maps of all orders, and quick scores of their merges."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded
from obim.evaluation.statistics import compare
from obim.insight.orders import ALL, Robustness, orders_of, try_orders
from obim.merging.estimating import memory_weighed
from obim.runs.bench import BASE, Bench
from obim.runs.budget import QUICK_ITEMS, check_amount, count_of, counts, measure
from obim.runs.desk import Desk
from obim.runs.effort import MERGE, reading
from obim.runs.memory import require_memory
from obim.runs.score_keys import Scored
from obim.runs.scoring import judge, score_of
from obim.runs.showing import show
from obim.runs.supposing import sums_of
from obim.runs.variants import set_to
from obim.runs.varying import order_of, plan_of
from obim.runs.what_if_jobs import ScoreOrders, TryOrders
from obim.runs.what_ifs import OrderScore, OrdersState, OrderState, what_if_event
from obim.types import ItemResult, MergeSpec


def run_try_orders(bench: Bench, job: TryOrders, desk: Desk) -> None:
    """Settle each tensor in all orders, and journal how the owner maps differ."""
    began = time.monotonic()
    plan, donors = plan_of(bench, job.spec)
    require_memory(memory_weighed(job.spec, bench.base))
    orders = orders_of(len(donors), job.spec.seed)
    trying = try_orders(plan, bench.base, donors, orders, sums_of(bench), check=desk.check)
    found = desk.drain(trying, "try_orders")
    made = _state(job.spec, found, time.monotonic() - began)
    bench.folder.append(what_if_event("orders", made))


def _state(spec: MergeSpec, found: Robustness, seconds: float) -> OrdersState:
    names = [donor.name for donor in spec.donors]
    return OrdersState(
        spec=spec,
        everything=len(names) <= ALL,
        same=found.same,
        orders=tuple(
            OrderState(
                order=tuple(names[k] for k in one.order),
                differs=one.differs,
                owned=one.owned,
                lost=one.lost,
            )
            for one in found.orders
        ),
        seconds=seconds,
    )


def in_order_of(spec: MergeSpec, order: Sequence[int]) -> MergeSpec:
    """The same settings with the donors in another order."""
    return spec.model_copy(update={"donors": tuple(spec.donors[k] for k in order)})


def run_score_orders(bench: Bench, job: ScoreOrders, desk: Desk) -> None:
    """Score the merge of each order; what was scored before is taken from there."""
    order_of(bench.spec, job.spec)
    for skill in job.skills:
        if skill not in bench.sets():
            raise EvaluationError(
                "There is no evaluation set called {skill!r}; choose another.", skill=skill
            )
    check_amount(None, job.seconds)
    measure(bench, job.skills, job.seconds, desk.part(0.0, 0.0))
    scored = Scored(bench, lambda: desk.tick(0.0))
    usual: dict[str, Sequence[ItemResult]] = {}
    todo = list(_todo(bench, job, scored))
    try:
        for part, one in zip(desk.split(*(one.effort for one in todo)), todo, strict=True):
            known = one.known
            if known is None:
                known = _judge(bench, one, part)
                scored.cache.put(one.identity, known)
            usual.setdefault(one.skill, known)
            found = _scored(bench, one, known, usual[one.skill], job.spec)
            bench.folder.append(what_if_event("scores", found))
    finally:
        if bench.loaded is not None:
            show(bench, BASE)


@dataclass(frozen=True)
class _Todo:
    """One order on one set; ``items``: chosen of a quick evaluation."""

    spec: MergeSpec
    skill: str
    items: int | None
    encoded: Sequence[Encoded]
    identity: str
    known: Sequence[ItemResult] | None
    effort: float


def _todo(bench: Bench, job: ScoreOrders, scored: Scored) -> Iterator[_Todo]:
    """The order that is set first: the others are held against it."""
    amount = counts(bench, QUICK_ITEMS if job.seconds is None else None, job.seconds)
    for order in orders_of(len(job.spec.donors), job.spec.seed):
        spec, effort = in_order_of(job.spec, order), MERGE
        for skill in job.skills:
            chosen, items = bench.sets()[skill], count_of(amount, skill)
            encoded = bench.encoded(chosen, items)
            identity = scored.key(set_to(spec), chosen, encoded, None)
            known = scored.cache.get(identity)
            work = 0.0 if known is not None else effort + reading(encoded)
            yield _Todo(spec, skill, items, encoded, identity, known, work)
            effort = effort if known is not None else 0.0  # it is merged for the first set only


def _judge(bench: Bench, one: _Todo, desk: Desk) -> Sequence[ItemResult]:
    what = " → ".join(donor.name for donor in one.spec.donors) + f" · {one.skill}"
    merging, judging = desk.split(one.effort - reading(one.encoded), reading(one.encoded))
    merging.tick(0.0, "evaluate", what)
    show(bench, set_to(one.spec))
    return judge(bench, one.skill, one.encoded, judging, what)


def _scored(
    bench: Bench,
    one: _Todo,
    results: Sequence[ItemResult],
    usual: Sequence[ItemResult],
    against: MergeSpec,
) -> OrderScore:
    label = set_to(one.spec)
    score = score_of(bench, label, one.skill, one.encoded, results, one.items)
    score = score.model_copy(update={"model": "merged"})  # which merge is said by the spec
    change = None
    if results is not usual:
        found = compare(
            [r.value for r in results],
            [r.value for r in usual],
            [r.weight for r in results],
            share=score.unit == "share",
            higher_is_better=score.higher_is_better,
        ).difference
        change = (found.value, found.low, found.high)
    names = tuple(donor.name for donor in against.donors)
    return OrderScore(spec=one.spec, score=score, against=names, change=change)
