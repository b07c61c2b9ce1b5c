"""The default estimator: saliency by the layer-wise proxy of the loss. Forward statistics only."""

import torch
from torch import Tensor

from obim.registry import estimator
from obim.saliency.quadratic import quadratic
from obim.types import TensorStats


@estimator("layerwise", needs_statistics=True)
def layerwise(
    delta: Tensor, stats: TensorStats | None, generator: torch.Generator | None = None
) -> Tensor:
    """``s_ij = 1/2 * H_jj * D_ij^2`` with ``H_jj = E_token[x_j^2]``.

    The rise of ``mean over tokens of 1/2 |D x|^2`` when one entry is taken away. Source: Optimal
    Brain Damage (LeCun et al. 1990) on the proxy of SparseGPT (Frantar & Alistarh 2023). It ranks
    as Wanda's ``|D_ij| sqrt(E[x_j^2])``. Raw values aren't comparable between layers.

    Args:
        delta: D, shape of the file tensor.
        stats: terms of H, each broadcastable to D.
        generator: not used.

    Returns:
        Saliency, float32, >= 0, shape of D, in units of that layer's squared output per token.

    Raises:
        CalibrationError: there are no statistics for this tensor.
    """
    return quadratic(delta, stats)
