"""Task arithmetic (Ilharco et al. 2023, arXiv 2212.04089), and the last step TIES and DARE share.

Conventions are mergekit's, which the tests hold it against.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obim.registry import merge_method


def add_weighted(
    base: Tensor, deltas: Sequence[Tensor], scales: Sequence[float], normalize: bool
) -> Tensor:
    """``W = W0 + sum(scale_k D_k)``, the sum divided by ``sum(scale_k)`` with ``normalize``.

    Weights that add up to 0 are not divided by.
    """
    mixed = torch.zeros_like(base)
    for delta, scale in zip(deltas, scales, strict=True):
        mixed.add_(delta * scale)
    total = float(sum(scales))
    if normalize and abs(total) >= 1e-8:
        mixed.div_(total)
    return base + mixed


def add_elected(
    base: Tensor, deltas: Sequence[Tensor], scales: Sequence[float], normalize: bool
) -> Tensor:
    """As `add_weighted`, of the entries only whose sign is that of the weighted sum (TIES).

    A sum of 0 counts as positive. With ``normalize`` each position is divided by the weights that
    took part in it.
    """
    weighted = [delta * scale for delta, scale in zip(deltas, scales, strict=True)]
    total = torch.stack(weighted).sum(dim=0)
    elected = torch.where(total >= 0, 1.0, -1.0)
    mixed, divisor = torch.zeros_like(base), torch.zeros_like(base)
    for part, scale in zip(weighted, scales, strict=True):
        agrees = part.sign() == elected
        mixed += part * agrees
        divisor += scale * agrees
    if normalize:
        mixed /= torch.where(divisor == 0, 1.0, divisor)
    return base + mixed


@merge_method(
    "task_arithmetic",
    label="Task arithmetic",
    exclusive=False,
    uses_density=False,
    uses_scale=True,
    needs_saliency=False,
)
def merge_task_arithmetic(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    scales: Sequence[float],
    normalize: bool | None = None,
    **_: Any,
) -> Tensor:
    """``W = W0 + sum(scale_k D_k)``.

    Args:
        base: W0, float32.
        deltas: D_k, float32, same shape each.
        scales: a factor each.
        normalize: divide the sum by the sum of factors; None: no.

    Returns:
        W, float32.
    """
    return add_weighted(base, deltas, scales, bool(normalize))
