"""Intervals of scores. It runs no model."""

import math
from collections.abc import Sequence

from scipy.stats import binomtest, norm

Z95 = float(norm.ppf(0.975))


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927), as scipy computes it.

    Args:
        right: number of items right, 0..n.
        n: number of items, at least 1.
    """
    interval = binomtest(right, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % normal interval; no width can be said of a single value.

    Args:
        values: at least one.
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return mean, mean, mean
    spread = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    half = Z95 * math.sqrt(spread / n)
    return mean, mean - half, mean + half
