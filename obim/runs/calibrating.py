"""The Calibrate job: texts, statistics a donor, saliency summary, and the merge made ready."""

from typing import Any, Literal

import torch
from torch import Tensor

from obim.merging.engine import Merge
from obim.merging.plan import require_turns
from obim.runs.bench import Bench
from obim.runs.desk import Desk, Quiet
from obim.runs.effort import PREPARE, SUMMARISE
from obim.runs.jobs import Calibrate
from obim.runs.measuring import measure_all, measuring
from obim.runs.naming import groups_event, layer_of, module_of
from obim.runs.statistics_needed import needs_statistics
from obim.types import InputStats

TOP = 0.1


def run_calibrate(bench: Bench, job: Calibrate, desk: Desk) -> None:
    """Measure what isn't measured yet, summarise, prepare.

    Raises:
        RecipeError: the method has no turns, so that there is nothing to prepare.
    """
    require_turns(bench.spec)
    donors = len(bench.spec.donors)
    work = measuring(bench), donors * SUMMARISE, donors * PREPARE
    first, middle, last = desk.split(*work)
    if needs_statistics(bench.spec):
        measure_all(bench, first)
        bench.forget_plan()
    summarise(bench, middle)
    prepare(bench, last)


def summarise(bench: Bench, desk: Desk) -> None:
    """Each donor's change and concentration, tensor by tensor, excluded ones too."""
    bench.reader.catch_up()
    plan, count = bench.plan, len(bench.spec.donors)
    stats, names = bench.stats(), bench.floating()
    summaries = []
    for k, donor in enumerate(bench.spec.donors):
        squares: dict[str, float] = {}
        tops: dict[str, float] = {}
        for i, name in enumerate(names):
            desk.tick((k + i / len(names)) / count, "summary", donor.name)
            delta = bench.donors[k].delta(name)
            if delta is None or not bool(delta.any()):
                continue
            saliency = plan.rankings[k].saliency(name, delta)[0]
            squares[name] = float(torch.linalg.vector_norm(delta, dtype=torch.float64)) ** 2
            tops[name] = top_share(saliency)
        summaries.append(_summary(bench, k, stats[k], squares, tops))
    texts = {donor.name: bench.texts(donor) for donor in bench.spec.donors}
    bench.folder.append({"event": "saliency", "donors": summaries, "texts": texts})


def top_share(saliency: Tensor, share: float = TOP) -> float:
    """Share of the sum that the top ``share`` of positions hold, 0..1."""
    flat = saliency.reshape(-1).float().clone().numpy()
    n = max(1, round(share * flat.size))
    total = float(flat.sum(dtype="float64"))
    if total <= 0:
        return 0.0
    flat.partition(flat.size - n)
    return min(1.0, float(flat[flat.size - n :].sum(dtype="float64")) / total)


def _summary(
    bench: Bench,
    k: int,
    stats: InputStats | None,
    squares: dict[str, float],
    tops: dict[str, float],
) -> dict[str, Any]:
    total = sum(squares.values()) or 1.0
    return {
        "donor": bench.spec.donors[k].name,
        "estimator": bench.spec.estimator,
        "source": source_of(bench.spec.donors[k].calibration) if stats is not None else "none",
        "texts": stats.texts if stats is not None else 0,
        "tokens": stats.tokens if stats is not None else 0,
        "tensors": [
            {
                "tensor": name,
                "layer": layer_of(name),
                "module": module_of(name),
                "shape": bench.base.tensors[name].shape,
                "change": squares[name] / total,
                "top10": tops[name],
            }
            for name in squares
        ],
        "missing": dict(stats.missing) if stats is not None else {},
        "figures": dict(stats.figures) if stats is not None else {},
        "seconds": bench.reader.trust.took(bench.stats_path(k).stem) if stats is not None else None,
    }


def source_of(calibration: str | None) -> Literal["file", "bundled", "self", "none"]:
    """What kind of calibration texts a reference means."""
    if calibration is None:
        return "none"
    if calibration == "self":
        return "self"
    return "bundled" if calibration.startswith("demo:") else "file"


def prepare(bench: Bench, desk: Desk | Quiet) -> Merge:
    """The run's merge in memory, at the journal's last turn."""
    bench.reader.catch_up()
    if bench.merge is not None:
        return bench.merge
    owner = bench.folder.owner_maps(bench.sizes())
    turn = last_sound_turn(bench, owner)
    merge = Merge(
        bench.spec,
        bench.base,
        bench.donors,
        bench.stats(),
        owner,
        turn=turn,
        device=bench.device,
    )
    for fraction in merge.prepare():
        desk.tick(fraction, "prepare")
    bench.folder.append(
        groups_event(bench.sizes()),
        {
            "event": "prepared",
            "contested": sum(merge.contested.values()),
            "survivors": list(merge.survivors),
            "survival": [
                {"entries": s.entries, "norm": s.norm, "tensors": s.tensors} for s in merge.survival
            ],
        },
    )
    bench.merge = merge
    return merge


def last_sound_turn(bench: Bench, owner: Any) -> int:
    """The last turn whose claims the owner map holds whole; later ones leave the journal.

    After a power cut the owner map may lag behind the journal.
    """
    turns = bench.reader.turns()
    counts = torch.zeros(256, dtype=torch.int64)
    for owned in owner.values():
        counts += torch.bincount(torch.from_numpy(owned), minlength=256)
    for t in turns:
        if int(counts[t.number]) != sum(t.claimed):
            bench.folder.append({"event": "back", "turn": t.number - 1}, durable=True)
            bench.reader.catch_up()
            return t.number - 1
    return len(turns)
