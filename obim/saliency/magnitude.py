"""Saliency without calibration texts: the curvature is taken as 1 everywhere."""

import torch
from torch import Tensor

from obim.registry import estimator
from obim.types import TensorStats


@estimator("magnitude", needs_statistics=False)
def magnitude(
    delta: Tensor, stats: TensorStats | None = None, generator: torch.Generator | None = None
) -> Tensor:
    """``s_ij = 1/2 * D_ij^2``: Optimal Brain Damage with H = 1; an ablation.

    Args:
        delta: D, any shape.
        stats: not used.
        generator: not used.

    Returns:
        Saliency, float32, >= 0, shape of D.
    """
    return delta.float().square().mul_(0.5)
