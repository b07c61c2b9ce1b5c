"""How alike predicted and measured losses rank, in rank correlations and in words' numbers.

It measures nothing. The interval needs no assumption on how values are spread.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True)
class Removal:
    """What taking some entries out should cost, and what it does.

    Attributes:
        entries: how many were taken out.
        predicted: the sum of their saliency; nats a token where the estimator's unit is that.
        measured: rise of the mean calibration loss, nats a token; below 0 where it fell.
    """

    entries: int
    predicted: float
    measured: float


@dataclass(frozen=True)
class Agreement:
    """How well predicted and measured rank alike.

    Attributes:
        count: removals compared.
        spearman: Spearman's rho, -1..1; None where one of both is the same everywhere.
        kendall: Kendall's tau-b, -1..1; None as before.
        right: ``(tau + 1) / 2``: the share of pairs that are ranked as the truth ranks them, 0..1.
        low: the lower end of its 95 % interval.
        high: the upper end.
    """

    count: int
    spearman: float | None
    kendall: float | None
    right: float | None
    low: float | None = None
    high: float | None = None


def agree(removals: Sequence[Removal]) -> Agreement:
    """Rank correlations of predicted and measured over these removals."""
    from scipy import stats

    predicted, measured = [r.predicted for r in removals], [r.measured for r in removals]
    if len(set(predicted)) < 2 or len(set(measured)) < 2:
        return Agreement(len(removals), None, None, None)
    rho = float(stats.spearmanr(predicted, measured).statistic)
    tau = float(stats.kendalltau(predicted, measured).statistic)
    return _agreement(len(removals), rho, tau)


def together(found: Sequence[Agreement]) -> Agreement:
    """The mean agreement within groups: pairs are compared inside a group only.

    So it means the same for estimators whose values can't be compared between groups.
    """
    known = [(a.spearman, a.kendall) for a in found if a.spearman is not None]
    pairs = [(rho, tau) for rho, tau in known if tau is not None]
    count = sum(a.count for a in found if a.kendall is not None)
    if not pairs:
        return Agreement(sum(a.count for a in found), None, None, None)
    rho, tau = (sum(x) / len(pairs) for x in zip(*pairs, strict=True))
    return _agreement(count, rho, tau)


def _agreement(count: int, rho: float, tau: float) -> Agreement:
    low, high = interval(tau, count)
    return Agreement(count, rho, tau, (tau + 1) / 2, (low + 1) / 2, (high + 1) / 2)


def interval(tau: float, count: int) -> tuple[float, float]:
    """A 95 % interval of Kendall's tau that errs on the wide side.

    Whatever the joint distribution, ``Var(tau) <= 2 (1 - tau^2) / n`` (Kendall 1970). As in
    Wilson's interval of a share, the ends solve ``(t - tau)^2 = z^2 * 2 (1 - t^2) / n`` for t, so
    that even a perfect ranking of a few groups proves only so much.

    Args:
        tau: as measured, -1..1.
        count: of what was ranked, all groups together.
    """
    spread = 2 * _Z**2 / max(1, count)
    middle = tau / (1 + spread)
    half = math.sqrt(max(0.0, spread * (1 + spread - tau**2))) / (1 + spread)
    return max(-1.0, middle - half), min(1.0, middle + half)
