"""DARE: drop entries at random and rescale the rest (Yu et al. 2024, arXiv 2311.03099).

Conventions are mergekit's, which the tests hold it against: the rest is rescaled to the L1 norm of
the whole delta, not by 1 / density.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obim.merging.task_arithmetic import add_elected, add_weighted
from obim.registry import merge_method


def drop(delta: Tensor, density: float, generator: torch.Generator) -> Tensor:
    """Keep each entry with probability ``density``; match the L1 norm of the whole delta."""
    if density >= 1:
        return delta
    mask = torch.bernoulli(torch.full_like(delta, density), generator=generator)
    masked = delta * mask
    # numpy's sum: torch's depends on the number of threads in the last bits
    before, after = (float(t.abs().numpy().sum(dtype="float64")) for t in (delta, masked))
    if before < 1e-7 or after < 1e-7:
        return masked
    return masked * (before / after)


@merge_method(
    "dare_linear",
    label="DARE",
    exclusive=False,
    uses_density=True,
    uses_scale=True,
    needs_saliency=False,
)
def merge_dare_linear(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    densities: Sequence[float],
    scales: Sequence[float],
    generator: torch.Generator,
    normalize: bool | None = None,
    **_: Any,
) -> Tensor:
    """Drop and rescale each delta, then add as task arithmetic does.

    Args:
        base: W0, float32.
        deltas: D_k, float32, same shape each.
        densities: probability each that an entry is kept, 0..1.
        scales: a factor each.
        generator: draws, donor after donor.
        normalize: divide the sum by the sum of factors; None: no.

    Returns:
        W, float32.
    """
    dropped = [drop(d, density, generator) for d, density in zip(deltas, densities, strict=True)]
    return add_weighted(base, dropped, scales, bool(normalize))


@merge_method(
    "dare_ties",
    label="DARE-TIES",
    exclusive=False,
    uses_density=True,
    uses_scale=True,
    needs_saliency=False,
)
def merge_dare_ties(
    base: Tensor,
    deltas: Sequence[Tensor],
    *,
    densities: Sequence[float],
    scales: Sequence[float],
    generator: torch.Generator,
    normalize: bool | None = None,
    **_: Any,
) -> Tensor:
    """Drop and rescale each delta, then elect signs as TIES does.

    Args and returns as `merge_dare_linear`; ``normalize`` divides by the weights that agree.
    """
    dropped = [drop(d, density, generator) for d, density in zip(deltas, densities, strict=True)]
    return add_elected(base, dropped, scales, bool(normalize))
