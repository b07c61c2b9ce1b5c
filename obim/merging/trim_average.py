"""Ablation: the saliency trim without exclusivity (OBM alone), then the average of survivors.

It takes away exactly one component of OBIM: where one donor alone wants a position it gets it, as
in OBIM; where several do, they are averaged rather than one of them being the owner.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obim.registry import merge_method


@merge_method(
    "trim_average",
    label="Saliency trim, average",
    exclusive=False,
    uses_density=True,
    uses_scale=True,
    needs_saliency=True,
)
def merge_trim_average(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    scales: Sequence[float],
    kept: Sequence[Tensor],
    **_: Any,
) -> Tensor:
    """``W = W0 + sum_k(kept_k scale_k D_k) / max(1, sum_k kept_k)``, position by position.

    Args:
        base: W0, float32.
        deltas: D_k, float32, same shape each.
        scales: a factor each.
        kept: bool, same shape each: the donor's top-density set by saliency.

    Returns:
        W, float32.
    """
    mixed, count = torch.zeros_like(base), torch.zeros_like(base)
    for delta, scale, mask in zip(deltas, scales, kept, strict=True):
        mixed += torch.where(mask, delta * scale, 0.0)
        count += mask
    return base + mixed / count.clamp(min=1)
