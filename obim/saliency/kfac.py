"""Saliency that knows what a layer's output is worth, from vectors: forward and backward passes."""

import torch
from torch import Tensor

from obim.registry import estimator
from obim.saliency.quadratic import quadratic
from obim.types import TensorStats


@estimator(
    "kfac", needs_statistics=True, comparable=True, statistics="kfac", unit="nats",
    averaged="tokens", passes=4.0, graphs=1,
)  # fmt: skip
def kfac(
    delta: Tensor, stats: TensorStats | None, generator: torch.Generator | None = None
) -> Tensor:
    """``s_ij = 1/2 * E[g_i^2] * E[x_j^2] * D_ij^2`` with ``g = dL/dy``.

    The diagonal of the Kronecker-factored empirical Fisher matrix (Martens & Grosse 2015), which
    takes inputs and gradients as independent. L is the sum of a sequence's token losses,
    those of its answer where there is one; like the Fisher matrix it vanishes with them, so of a
    donor that makes hardly an error it tells little.

    Args:
        delta: D, shape of the file tensor.
        stats: terms of E[x^2] and their gains E[g^2].
        generator: not used.

    Returns:
        Saliency, float32, >= 0, shape of D, in nats a token of all, answer or not; comparable
        between layers.

    Raises:
        CalibrationError: there are no statistics for this tensor.
    """
    return quadratic(delta, stats)
