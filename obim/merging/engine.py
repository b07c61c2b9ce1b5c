"""The only orchestrator of a merge: it brings checkpoint, donors, statistics and methods together.

`Merge` holds keys and candidate values in memory and steps turn by turn over all tensors;
`stream_merge` runs a whole merge, tensor by tensor. Both give the same owner maps. Nothing here
loads models, writes files or chooses a number of threads.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from obim.errors import RecipeError
from obim.merging.kernels import Owner
from obim.merging.pieces import Ranked, cast
from obim.merging.plan import Base, Plan, Source, changeable, row_axis
from obim.merging.pooling import Each, in_order
from obim.merging.preparing import Survival, kept, put, rank_tensor, settle
from obim.merging.ranking import generator_of
from obim.merging.stepping import Merge
from obim.merging.switching import Off
from obim.models.device import CPU
from obim.types import InputStats, MergeSpec

__all__ = ["Base", "Merge", "Off", "Source", "Survival", "changeable", "row_axis", "stream_merge"]

OnOwner = Callable[[str, Owner], None]
OnProgress = Callable[[float], None]


def stream_merge(
    spec: MergeSpec,
    base: Base,
    donors: Sequence[Source],
    stats: Sequence[InputStats | None],
    *,
    on_progress: OnProgress | None = None,
    on_owner: OnOwner | None = None,
    device: torch.device = CPU,
) -> Iterator[tuple[str, Tensor]]:
    """Merge by any method, a few tensors in memory at a time.

    With an exclusive method all R x K turns run inside one tensor; only ``global`` scope has to
    hold the whole model as `Merge` does. Small tensors are worked on side by side; the result does
    not depend on the number of threads.

    Args:
        spec: any registered method.
        base: the base checkpoint.
        donors: in the order of the spec.
        stats: in the order of the spec.
        on_progress: told the fraction done, 0..1, after every tensor.
        on_owner: told (name, owner map, flat uint8) of each tensor that may change; exclusive
            methods only.
        device: where positions are ranked and claimed; all else is done on the CPU.

    Yields:
        (name, tensor) for every tensor of the base, sorted by name, in the output dtype (integer
        tensors as they are).

    Raises:
        RecipeError: an unknown method or estimator, nothing to merge, or ``global`` scope with a
            method that trims by saliency but is not exclusive.
    """
    plan = Plan(spec, base, stats, device)
    exclusive = bool(plan.method.facts.get("exclusive"))
    if spec.scope == "global" and plan.rankings:
        if not exclusive:
            raise RecipeError(
                "{method!r} ranks within a tensor or a row; set scope to one of them.",
                method=spec.method,
            )
        merge = Merge(spec, base, donors, stats, device=device)
        yield from _merge_globally(merge, spec.turns, on_progress, on_owner)
        return
    names = set(plan.names)
    total = max(1, sum(info.numel for info in base.tensors.values()))
    done = 0

    def work(name: str, each: Each) -> tuple[Tensor, Owner | None]:
        stored = base.read(name)
        if name not in names:
            floating = stored.is_floating_point()
            return cast(stored, plan.dtype, name) if floating else stored, None
        if exclusive:
            return _exclusive(plan, stored, donors, name, each)
        return _blended(plan, stored, donors, name), None

    sizes = [(name, info.numel) for name, info in sorted(base.tensors.items())]
    for name, (merged, owner) in in_order(work, sizes):
        if on_owner is not None and owner is not None:
            on_owner(name, owner)
        done += merged.numel()
        if on_progress is not None:
            on_progress(done / total)
        yield name, merged
        del merged, owner  # before the next tensor takes its memory


def _merge_globally(
    merge: Merge, turns: int, on_progress: OnProgress | None, on_owner: OnOwner | None
) -> Iterator[tuple[str, Tensor]]:
    for fraction in merge.prepare():
        if on_progress is not None:
            on_progress(0.5 * fraction)
    for turn in merge.iterate():
        if on_progress is not None:
            on_progress(0.5 + 0.5 * turn.number / turns)
    for name, tensor in merge.merged():
        if on_owner is not None and name in merge.owner:
            on_owner(name, merge.owner[name])
        yield name, tensor


def _exclusive(
    plan: Plan, stored: Tensor, donors: Sequence[Source], name: str, each: Each
) -> tuple[Tensor, Owner]:
    ranked = rank_tensor(plan, stored, donors, name, each)
    owner = settle(plan, ranked, name, each)
    merged = cast(stored, plan.dtype, name).contiguous()
    for k, r in ranked.items():
        turns = [visit.number for visit in plan.visits if visit.donor == k]
        put(merged, owner, r.candidate, turns)
    return merged, owner


def _blended(plan: Plan, stored: Tensor, donors: Sequence[Source], name: str) -> Tensor:
    deltas = [donor.delta(name, stored) for donor in donors]
    shrinks = plan.spec.normalize is False  # weights that don't add up to 1 reach every tensor
    if not shrinks and all(delta is None for delta in deltas):
        return cast(stored, plan.dtype, name)
    base = stored.float()
    merged: Tensor = plan.method.function(
        base,
        [torch.zeros_like(base) if delta is None else delta for delta in deltas],
        densities=plan.densities,
        scales=[donor.scale for donor in plan.spec.donors],
        normalize=plan.spec.normalize,
        generator=generator_of(plan.spec.seed, len(donors), name),
        **_kept(plan, stored, donors, name),
    )
    return cast(merged, plan.dtype, name)


def _kept(
    plan: Plan, stored: Tensor, donors: Sequence[Source], name: str
) -> dict[str, list[Tensor]]:
    """The top-density sets, for the methods that trim by saliency."""
    if not plan.rankings:
        return {}
    ranked: dict[int, Ranked] = rank_tensor(plan, stored, donors, name)
    masks = kept(plan, name, ranked)
    nothing = torch.zeros(stored.shape, dtype=torch.bool)
    return {
        "kept": [
            torch.from_numpy(masks[k]).reshape(stored.shape) if k in masks else nothing
            for k in range(len(donors))
        ]
    }
