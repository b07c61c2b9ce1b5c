"""Saliency by the Hessian's own diagonal, from random probes: the reference at small scale."""

from collections.abc import Sequence

import torch
from torch import Tensor

from obim.registry import estimator
from obim.saliency.quadratic import quadratic
from obim.types import TensorStats

PROBES = 4
"""Probes for every 512 positions of text or fewer, whose spread falls with all of them."""


@estimator(
    "hutchinson", needs_statistics=True, comparable=True, statistics="hutchinson", unit="nats",
    draws=True, passes=4.0 + 12.0 * PROBES, copies=5, graphs=2,
)  # fmt: skip
def hutchinson(
    delta: Tensor, stats: TensorStats | None, generator: torch.Generator | None = None
) -> Tensor:
    """``s_ij = 1/2 * max(0, E[v_ij (H v)_ij]) * D_ij^2``, v of random signs.

    ``E[v * Hv] = diag(H)`` (Hutchinson 1990; Bekas et al. 2007) for the mean token loss, of answers
    where there are. Estimates below 0 are taken for 0, so the mean over probes is unbiased, what is
    used is not.

    Args, Raises: as `fisher`.

    Returns:
        Saliency, float32, >= 0, shape of D, in nats a token; comparable between layers.
    """
    return quadratic(delta, stats)


def probe(
    gradients: Sequence[Tensor], weights: Sequence[Tensor], signs: Sequence[Tensor]
) -> list[Tensor]:
    """``v * Hv``, one draw of Hutchinson's estimate of the Hessian's diagonal.

    Args:
        gradients: dL/dW with its own graph, which is kept.
        weights: W.
        signs: v, -1 or 1, of the shapes of W.

    Returns:
        A tensor a weight, of its shape and dtype.
    """
    products = torch.autograd.grad(
        gradients, weights, grad_outputs=signs, retain_graph=True, materialize_grads=True
    )
    return [product * sign for product, sign in zip(products, signs, strict=True)]
