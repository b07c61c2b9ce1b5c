"""Statistics of each donor on its calibration texts, measured once and kept.

What brings transformers is imported where something has to be measured.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from obim.errors import CalibrationError, RunError
from obim.models.disk import require_room
from obim.registry import find
from obim.runs.bench import BASE, Bench
from obim.runs.by_layer import collect
from obim.runs.costing import kept_on_disk, passes
from obim.runs.desk import Desk
from obim.runs.effort import MEASURE, OWN_TEXT, SHOW
from obim.runs.placing import place_measuring
from obim.runs.statistics_needed import needs_statistics, stats_key
from obim.runs.texts_state import texts_state
from obim.saliency.calibration import Batch, Text, batches, load_texts
from obim.saliency.store import load_stats, save_stats
from obim.types import InputStats, MergeSpec

if TYPE_CHECKING:
    from obim.models.layers import LayeredModel
    from obim.runs.live import Live

OWN_TEXTS = 64


def measuring(bench: Bench) -> float:
    """The effort of all statistics that are not there yet."""
    if not needs_statistics(bench.spec):
        return 0.0
    return sum(sum(_measuring(bench.spec, i)) for i in unmeasured(bench))


def _measuring(spec: MergeSpec, index: int) -> tuple[float, float, float]:
    """The effort of one donor's statistics: loading it, its texts, reading them."""
    own = OWN_TEXTS * OWN_TEXT if spec.donors[index].calibration == "self" else 0.0
    return SHOW, own, MEASURE * spec.calibration_tokens * passes(spec)


def unmeasured(bench: Bench) -> list[int]:
    """Donors whose statistics are not there yet, or damaged."""
    paths = [bench.stats_path(i) for i in range(len(bench.spec.donors))]
    return [i for i, path in enumerate(paths) if not is_whole(path)]


def measure_all(bench: Bench, desk: Desk) -> None:
    """Statistics of the donors on their own texts, those not there yet or damaged, in float32."""
    spec, wanted = bench.spec, unmeasured(bench)
    for donor in (spec.donors[i] for i in wanted):
        if donor.calibration is None:
            raise CalibrationError(
                "{donor!r} has no calibration texts, which the estimator {estimator!r} needs; "
                "choose texts, or the estimator 'magnitude'.",
                donor=donor.name,
                estimator=spec.estimator,
            )
    if not wanted:
        return
    if kept := len(wanted) * kept_on_disk(spec, bench.base):
        require_room(bench.folder.path, kept)
    desk.tick(0.0, "load", BASE)
    live = _open(bench, wanted)
    parts = desk.split(*(sum(_measuring(spec, i)) for i in wanted))
    for i, own in zip(wanted, parts, strict=True):
        save_stats(measure(bench, live, i, own), bench.stats_path(i))


def _open(bench: Bench, wanted: list[int]) -> "Live | LayeredModel":
    """The model that takes the donors' weights: whole, or one layer at a time where too large."""
    from obim.models.layers import LayeredModel
    from obim.runs.live import Live

    place = place_measuring(bench, wanted)
    if place.whole:
        return Live(bench.base, torch.float32, place.device)
    return LayeredModel(bench.base, place.device)


def is_whole(path: Path) -> bool:
    """There are statistics, and they can be read."""
    try:
        load_stats(path)
    except RunError:
        return False
    return True


def measure(bench: Bench, live: "Live | LayeredModel", index: int, desk: Desk) -> InputStats:
    """Statistics of one donor on its own texts."""
    load, write, read = desk.split(*_measuring(bench.spec, index))
    put(bench, live, index, load)
    donor = bench.spec.donors[index]
    texts = texts_of(bench, str(donor.calibration), live.model, write, donor.name)
    rows = batches(bench.tokenizer, texts, bench.spec.calibration_tokens)
    return collect_rows(bench, live, index, rows, read, spec=bench.spec)


def put(bench: Bench, live: "Live | LayeredModel", index: int, desk: Desk) -> None:
    """A donor's weights into a live model, where there is a whole one."""
    from obim.runs.live import Live

    name = bench.spec.donors[index].name
    desk.tick(0.0, "load", name)
    if isinstance(live, Live):
        live.put(name, bench.donor_tensors(index, torch.float32))


def collect_rows(
    bench: Bench,
    live: "Live | LayeredModel",
    index: int,
    rows: list[Batch],
    desk: Desk,
    *,
    spec: MergeSpec,
) -> InputStats:
    """What the estimator of ``spec`` needs of a donor that is live; the journal says how long."""
    from obim.runs.live import Live
    from obim.saliency.collecting import collect_for

    donor, phase = bench.spec.donors[index].name, "forward"
    if isinstance(live, Live):
        estimator = find("estimator", spec.estimator)
        generator = collect_for(estimator, live.model, live.bindings, rows, spec.seed)
    else:
        phase, generator = "forward_layers", collect(bench, live, index, rows)
    if live.device != bench.device:
        phase += "_cpu"
    desk.tick(0.0, phase, donor)
    began = time.monotonic()
    found = desk.drain(generator, phase, donor)
    cost = {"donor": donor, "estimator": spec.estimator, "key": stats_key(spec, index)}
    took = {"tokens": found.tokens, "seconds": time.monotonic() - began}
    texts = texts_state(bench.spec.donors[index])
    bench.folder.append({"event": "cost", **cost, **took, "texts": texts})
    return found


def texts_of(bench: Bench, ref: str, model: Any, desk: Desk, name: str) -> list[Text]:
    """The calibration texts that a reference means; ``self``: the live model writes them."""
    if ref != "self":
        desk.tick(0.0, "texts", name)
        return load_texts(ref)
    from obim.saliency.own_texts import generate_texts

    return generate_texts(
        model,
        bench.tokenizer,
        OWN_TEXTS,
        bench.spec.seed,
        on_progress=lambda share: desk.tick(share, "texts", name),
    )
