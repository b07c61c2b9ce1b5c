"""Weighted average of the donors (Wortsman et al. 2022, arXiv 2203.05482). The base has no weight.

Conventions are mergekit's, which the tests hold it against.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obim.registry import merge_method


@merge_method(
    "linear",
    label="Average",
    exclusive=False,
    uses_density=False,
    uses_scale=True,
    needs_saliency=False,
    averages="always",
)
def merge_linear(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    scales: Sequence[float],
    normalize: bool | None = None,
    **_: Any,
) -> Tensor:
    """``W = sum(scale_k (W0 + D_k)) / sum(scale_k)``.

    Args:
        base: W0, float32.
        deltas: D_k, float32, same shape each.
        scales: a weight each.
        normalize: divide by the sum of weights; None: yes. Otherwise, weights that do not add up
            to 1 shrink or blow up the base as well.

    Returns:
        W, float32. Where weights to divide by add up to 0 it is the base.
    """
    total = float(sum(scales))
    if normalize is not False and abs(total) < 1e-8:
        return base.clone()
    merged = torch.zeros_like(base)
    for delta, scale in zip(deltas, scales, strict=True):
        merged.add_(base + delta, alpha=scale)
    return merged if normalize is False else merged.div_(total)
