"""A run's settings with another order, density, scale, rounds or scope, on the same models.

It says what may differ, and finds the donors and statistics in the order that is asked for.
"""

from collections.abc import Sequence

from obim.errors import RunError
from obim.merging.plan import Plan
from obim.models.sources import DonorSource
from obim.runs.bench import Bench
from obim.types import InputStats, MergeSpec


def order_of(run: MergeSpec, spec: MergeSpec) -> list[int]:
    """Which donors of the run the donors of ``spec`` are, by name.

    Raises:
        RunError: something else differs than may.
    """
    places = {donor.name: i for i, donor in enumerate(run.donors)}
    order = [places.get(donor.name, -1) for donor in spec.donors]
    there = sorted(order) == list(range(len(run.donors)))
    if not there or spec != _like(run, spec, order):
        raise RunError(
            "Only order, density, scale, rounds and scope can be tried on this run; change the "
            "rest on the other screens."
        )
    return order


def _like(run: MergeSpec, spec: MergeSpec, order: Sequence[int]) -> MergeSpec:
    """The run's spec with those settings of ``spec`` that may be others."""
    donors = tuple(
        run.donors[i].model_copy(update={"density": own.density, "scale": own.scale})
        for i, own in zip(order, spec.donors, strict=True)
    )
    free = {name: getattr(spec, name) for name in ("rounds", "rotate", "scope")}
    return run.model_copy(update={"donors": donors, **free})


def is_variant(one: MergeSpec, other: MergeSpec) -> bool:
    """Whether two specs are variants of each other."""
    try:
        order_of(one, other)
    except RunError:
        return False
    return True


def plan_of(bench: Bench, spec: MergeSpec) -> tuple[Plan, list[DonorSource]]:
    """The plan of a variant of the run, and its donors in the order of the plan.

    Raises:
        RunError: it is no variant of it.
        CalibrationError: a donor isn't calibrated yet.
    """
    order, stats = order_of(bench.spec, spec), bench.stats()
    own: list[InputStats | None] = [stats[i] for i in order]
    return Plan(spec, bench.base, own, bench.device), [bench.donors[i] for i in order]
