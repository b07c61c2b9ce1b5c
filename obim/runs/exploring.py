"""The Explore job: donors compared tensor by tensor, the first layers first, each journaled."""

import hashlib
import json
import time
from collections.abc import Iterable

from obim.errors import RunError
from obim.insight.interference import Place, compare_tensor, comparing
from obim.insight.pairs import TensorInterference
from obim.merging.plan import Plan
from obim.merging.pooling import Each, in_order
from obim.registry import find
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.jobs import Explore
from obim.runs.model_states import model_states
from obim.runs.naming import layer_of, module_of
from obim.types import MergeSpec

_DECIDING = (
    "estimator", "calibration_tokens", "rounds", "rotate", "scope", "include", "exclude", "dtype",
)  # fmt: skip
"""Settings that the sums depend on, beside the donors' own."""


def run_explore(bench: Bench, job: Explore, desk: Desk) -> None:
    """Compare the tensors that are not compared yet under these conditions.

    Raises:
        RunError: there is one donor only.
        CalibrationError: a donor has not the statistics that the estimator needs.
    """
    spec = comparing(bench.spec)
    if len(spec.donors) < 2:
        raise RunError("Comparing takes two donors or more; this run has one.")
    plan, key = Plan(spec, bench.base, bench.stats(), bench.device), key_of(bench)
    places = in_layers(plan.names)
    bench.reader.catch_up()
    bench.folder.append(
        {
            "event": "explore",
            "key": key,
            "donors": len(spec.donors),
            "comparable": find("estimator", spec.estimator).comparable,
            "total": len(places),
            "by_tensor": bench.spec.scope == "global",
        }
    )
    known = bench.reader.explored.done(key)
    left = {place.tensor: place for place in places if place.tensor not in known}
    _compare(bench, plan, left, key, desk)
    bench.reader.catch_up()


def _compare(bench: Bench, plan: Plan, left: dict[str, Place], key: str, desk: Desk) -> None:
    sizes = {name: bench.base.tensors[name].numel for name in left}
    total, done, began = max(1, sum(sizes.values())), 0, time.monotonic()

    def work(name: str, each: Each) -> TensorInterference:
        return compare_tensor(plan, bench.base.read(name), bench.donors, left[name], each)

    desk.tick(0.0, "compare")
    for name, sums in in_order(work, sizes.items()):
        now = time.monotonic()
        event = {"event": "interference", "key": key, "sums": sums.model_dump(mode="json")}
        bench.folder.append({**event, "seconds": now - began})
        began, done = now, done + sizes[name]
        desk.tick(done / total, "compare", name)


def in_layers(names: Iterable[str]) -> list[Place]:
    """Tensors by layer from the first; what lies outside the layers is last."""
    places = [Place(name, layer_of(name), module_of(name)) for name in names]
    return sorted(places, key=lambda p: (p.layer is None, p.layer or 0, p.tensor))


def key_of(bench: Bench) -> str:
    """Short hash of all that the sums depend on."""
    spec: MergeSpec = bench.spec
    donors = [[spec.density_of(k), donor.scale] for k, donor in enumerate(spec.donors)]
    settings = {name: getattr(spec, name) for name in _DECIDING}
    texts = [bench.stats_path(k).name for k in range(len(spec.donors))]
    facts = [model_states(spec), donors, settings, spec.seed, texts]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
