"""Scores of a set and their uncertainty, and differences tested on the same items.

It runs no model. A set's score is ``sum(values) / sum(weights)`` over its items.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap, norm

Verdict = Literal["better", "worse", "unclear"]
LEVEL, POWER = 0.95, 0.8
RESAMPLES = 2000
_Z_POWER = float(norm.ppf(POWER))
_TRANSFORMS: dict[str, Callable[[float], float]] = {"": float, "exp": math.exp}


@dataclass(frozen=True)
class Interval:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Model a against model b on the same items.

    Attributes:
        difference: a's score minus b's, with the 95 % interval; before any transform.
        p: of the two-sided paired test that they are alike.
        verdict: whether a is better, as far as this many items tell.
        n: items.
        needed: about how many items would show a difference of this size (power 80 %); None where
            no difference was seen.
    """

    difference: Interval
    p: float
    verdict: Verdict
    n: int
    needed: int | None


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927), as scipy computes it.

    Args:
        right: number of items right, 0..n.
        n: number of items, at least 1.
    """
    interval = binomtest(right, n).proportion_ci(confidence_level=LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def summarise(
    values: Sequence[float], weights: Sequence[float], share: bool, transform: str = ""
) -> Interval:
    """A set's score: Wilson's interval for shares, else that of a bootstrap over items.

    Args:
        values: an item each; 0 or 1 for shares.
        weights: likewise.
        share: the values are right and wrong.
        transform: ``exp`` or nothing; of score and interval.
    """
    score = math.fsum(values) / math.fsum(weights)
    if share:
        low, high = wilson(round(math.fsum(values)), len(values))
    else:
        low, high, _ = _resample(_ratio, [values, weights])
    change = _TRANSFORMS[transform]
    return Interval(change(score), change(low), change(high))


def mean_of(parts: Sequence[Interval]) -> Interval:
    """The mean of independent figures, from their intervals (MOVER; Zou and Donner 2008).

    ``mean - sqrt(sum((value - low)^2)) / k`` to ``mean + sqrt(sum((high - value)^2)) / k``: unlike
    a bootstrap it is no surer of figures of 0 and 1 than their own intervals are.
    """
    mean = math.fsum(part.value for part in parts) / len(parts)
    below = math.hypot(*(max(0.0, part.value - part.low) for part in parts)) / len(parts)
    above = math.hypot(*(max(0.0, part.high - part.value) for part in parts)) / len(parts)
    return Interval(mean, mean - below, mean + above)


def compare(
    a: Sequence[float],
    b: Sequence[float],
    weights: Sequence[float],
    share: bool,
    higher_is_better: bool = True,
    *,
    level: float = LEVEL,
) -> Comparison:
    """A paired test: McNemar's exact one for shares, else a paired bootstrap.

    Args:
        a: values of one model, an item each.
        b: of the other, of the same items.
        weights: of the items.
        share: the values are right and wrong.
        higher_is_better: of the score.
        level: of the interval, for shares; the test stays at 95 %.
    """
    difference, p = _mcnemar(a, b, level) if share else _paired_bootstrap(a, b, weights)
    gain = difference.value if higher_is_better else -difference.value
    verdict: Verdict = "unclear"
    if p < 1 - LEVEL:
        verdict = "better" if gain > 0 else "worse"
    return Comparison(difference, p, verdict, len(a), _needed(a, b, weights))


def _mcnemar(a: Sequence[float], b: Sequence[float], level: float) -> tuple[Interval, float]:
    """McNemar 1947, exact; the interval is Bonett and Price's (2012) adjusted Wald interval."""
    gained = sum(x > y for x, y in zip(a, b, strict=True))
    lost = sum(x < y for x, y in zip(a, b, strict=True))
    n = len(a)
    p = _sign_test(gained, lost)
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    z = _z(level)
    half = z * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    value = (gained - lost) / n
    return Interval(value, max(-1.0, up - down - half), min(1.0, up - down + half)), p


@lru_cache
def _z(level: float) -> float:
    """How many standard errors an interval of this level reaches to each side."""
    return float(norm.ppf((1 + level) / 2))


@lru_cache(maxsize=65536)
def _sign_test(gained: int, lost: int) -> float:
    """Two-sided p that either way was as likely; a scoreboard asks for the same few again."""
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _paired_bootstrap(
    a: Sequence[float], b: Sequence[float], weights: Sequence[float]
) -> tuple[Interval, float]:
    gaps = [x - y for x, y in zip(a, b, strict=True)]
    value = math.fsum(gaps) / math.fsum(weights)
    low, high, drawn = _resample(_ratio, [gaps, weights])
    below, above = float((drawn <= 0).mean()), float((drawn >= 0).mean())
    p = min(1.0, 2 * max(min(below, above), 1 / RESAMPLES)) if len(a) > 1 else 1.0
    return Interval(value, low, high), p


def _needed(a: Sequence[float], b: Sequence[float], weights: Sequence[float]) -> int | None:
    """Items for the given power: the normal approximation for paired differences.

    For shares it is Connor's (1987): the variance of a difference of 1, 0 or -1 is
    ``p_up + p_down - (p_up - p_down)^2``.
    """
    gaps = np.asarray(a) - np.asarray(b)
    gaps = gaps / np.mean(weights)
    mean = float(gaps.mean())
    if abs(mean) < 1e-12:  # rounding
        return None
    under_null = math.sqrt(float((gaps**2).mean()))
    spread = float(gaps.std())
    z = _z(LEVEL) * under_null + _Z_POWER * spread
    return max(1, math.ceil((z / mean) ** 2))


def _ratio(values: Any, weights: Any, axis: int = -1) -> Any:
    return values.sum(axis=axis) / weights.sum(axis=axis)


def _resample(
    statistic: Callable[..., Any], samples: Sequence[Sequence[float]]
) -> tuple[float, float, NDArray[np.float64]]:
    """Percentile interval over items drawn with replacement, and the values drawn; seeded.

    No width can be said of a single item: both ends are its value.
    """
    data = [np.asarray(sample, dtype=np.float64) for sample in samples]
    if len(data[0]) == 1:
        only = np.asarray([statistic(*data)])
        return float(only[0]), float(only[0]), only
    found = bootstrap(
        data, statistic, n_resamples=RESAMPLES, paired=True, vectorized=True, batch=100,
        method="percentile", confidence_level=LEVEL, random_state=np.random.default_rng(0),
    )  # fmt: skip
    interval = found.confidence_interval
    return float(interval.low), float(interval.high), found.bootstrap_distribution
