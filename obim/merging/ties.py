"""TIES: trim, elect signs, merge what agrees (Yadav et al. 2023, arXiv 2306.01708).

Conventions are mergekit's, which the tests hold it against: trims within each tensor.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obim.merging.task_arithmetic import add_elected
from obim.registry import merge_method


def trim(delta: Tensor, density: float) -> Tensor:
    """Keep the ``max(1, floor(density * N))`` entries of highest magnitude; the rest becomes 0.

    Density 0 keeps none; ties go to the lower flat index.
    """
    if density >= 1:
        return delta
    trimmed = torch.zeros_like(delta)
    if density <= 0 or delta.numel() == 0:
        return trimmed
    count = max(1, int(density * delta.numel()))
    flat = delta.reshape(-1)
    top = torch.argsort(flat.abs(), descending=True, stable=True)[:count]
    trimmed.view(-1)[top] = flat[top]
    return trimmed


@merge_method(
    "ties",
    label="TIES",
    exclusive=False,
    uses_density=True,
    uses_scale=True,
    needs_saliency=False,
    averages="default",
)
def merge_ties(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    densities: Sequence[float],
    scales: Sequence[float],
    normalize: bool | None = None,
    **_: Any,
) -> Tensor:
    """Trim each delta, elect a sign a position, average the entries that have it.

    Args:
        base: W0, float32.
        deltas: D_k, float32, same shape each.
        densities: fraction of entries kept each, 0..1.
        scales: a weight each.
        normalize: divide by the weights that agree; None: yes.

    Returns:
        W, float32.
    """
    trimmed = [trim(delta, density) for delta, density in zip(deltas, densities, strict=True)]
    return add_elected(base, trimmed, scales, normalize is not False)
