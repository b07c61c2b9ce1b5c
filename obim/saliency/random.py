"""Saliency by lot: the ablation that takes the estimate away."""

import torch
from torch import Tensor

from obim.registry import estimator
from obim.types import TensorStats


@estimator("random", needs_statistics=False)
def random(
    delta: Tensor, stats: TensorStats | None = None, generator: torch.Generator | None = None
) -> Tensor:
    """Uniform in (0, 1] where the delta isn't 0, else 0.

    Args:
        delta: D, any shape.
        stats: not used.
        generator: of the CPU, seeded by the caller; None draws from torch's global one.

    Returns:
        Saliency, float32, >= 0, shape of D.
    """
    lots = 1.0 - torch.rand(delta.shape, generator=generator, dtype=torch.float32)
    return lots.to(delta.device).mul_(delta != 0)
