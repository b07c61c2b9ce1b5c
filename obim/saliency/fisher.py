"""Saliency by the empirical Fisher information, entry by entry: a backward pass a sequence."""

import torch
from torch import Tensor

from obim.registry import estimator
from obim.saliency.quadratic import quadratic
from obim.types import TensorStats


@estimator(
    "fisher", needs_statistics=True, comparable=True, statistics="fisher",
    passes=8.0, copies=2, graphs=1,
)  # fmt: skip
def fisher(
    delta: Tensor, stats: TensorStats | None, generator: torch.Generator | None = None
) -> Tensor:
    """``s_ij = 1/2 * E_sequence[(dL/dW_ij)^2] * D_ij^2``.

    L is the mean token loss of a sequence, or of its answer where there is one, with the tokens
    that it has (the empirical Fisher, not one over sampled ones). Near a minimum it ranks much as
    the Hessian's diagonal does, but it vanishes with the loss itself. A sequence counts the same
    however long it is, so it is not in nats a token.

    Args:
        delta: D, shape of the file tensor.
        stats: one term of the shape of D.
        generator: not used.

    Returns:
        Saliency, float32, >= 0, shape of D, in nats squared; comparable between layers.

    Raises:
        CalibrationError: there are no statistics for this tensor.
    """
    return quadratic(delta, stats)
