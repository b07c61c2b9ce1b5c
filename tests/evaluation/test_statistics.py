"""Intervals and paired tests against textbook formulas, statsmodels and simulation."""

import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from obim.evaluation.statistics import compare, summarise, wilson


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 10), (10, 10), (150, 300)])
def test_wilson_is_the_textbook_formula(right: int, n: int) -> None:
    z, p = 1.959963984540054, right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson(right, n) == pytest.approx((middle - half, middle + half), abs=1e-12)
    assert wilson(right, n) == pytest.approx(
        proportion_confint(right, n, method="wilson"), abs=1e-12
    )


def pairs(both: int, gained: int, lost: int, neither: int) -> tuple[list[float], list[float]]:
    a = [1.0] * (both + gained) + [0.0] * (lost + neither)
    b = [1.0] * both + [0.0] * gained + [1.0] * lost + [0.0] * neither
    return a, b


@pytest.mark.parametrize(
    "counts", [(30, 9, 1, 0), (10, 5, 5, 20), (0, 0, 6, 4), (20, 0, 0, 20), (50, 12, 3, 35)]
)
def test_shares_are_compared_by_mcnemars_exact_test(counts: tuple[int, int, int, int]) -> None:
    both, gained, lost, neither = counts
    a, b = pairs(*counts)
    found = compare(a, b, [1.0] * len(a), share=True)
    wanted = mcnemar([[both, gained], [lost, neither]], exact=True)
    assert found.p == pytest.approx(wanted.pvalue, abs=1e-12)
    assert found.difference.value == pytest.approx((gained - lost) / len(a))
    assert found.difference.low <= found.difference.value <= found.difference.high
    expected = "unclear" if wanted.pvalue >= 0.05 else "better" if gained > lost else "worse"
    assert found.verdict == expected
    turned = compare(b, a, [1.0] * len(a), share=True)
    assert turned.p == found.p
    assert turned.difference.value == -found.difference.value


def test_the_interval_of_a_paired_difference_covers() -> None:
    """Over 2,000 simulated sets the interval holds the true difference 95 times of 100."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(2000):
        kind = rng.choice(4, size=60, p=[0.5, 0.2, 0.1, 0.2])
        a, b = np.isin(kind, [0, 1]).astype(float), np.isin(kind, [0, 2]).astype(float)
        interval = compare(list(a), list(b), [1.0] * 60, share=True).difference
        held += interval.low <= 0.1 <= interval.high
    assert 0.935 < held / 2000 < 0.975


def test_as_many_items_as_said_show_the_difference() -> None:
    """With the number told, the exact test finds a simulated difference in about 80 % of sets."""
    shares = [0.5, 0.2, 0.1, 0.2]
    counts = [round(100 * p) for p in shares]
    a, b = pairs(*counts)
    needed = compare(a, b, [1.0] * 100, share=True).needed
    assert needed is not None
    rng, found = np.random.default_rng(2), 0
    for _ in range(400):
        kind = rng.choice(4, size=needed, p=shares)
        x, y = np.isin(kind, [0, 1]).astype(float), np.isin(kind, [0, 2]).astype(float)
        found += compare(list(x), list(y), [1.0] * needed, share=True).verdict == "better"
    assert 0.7 < found / 400 < 0.9


def test_nothing_seen_needs_no_number() -> None:
    found = compare([1.0, 0.0], [1.0, 0.0], [1.0, 1.0], share=True)
    assert (found.verdict, found.needed, found.p) == ("unclear", None, 1.0)


def test_losses_are_compared_by_a_paired_bootstrap() -> None:
    rng = np.random.default_rng(3)
    b = rng.gamma(2.0, 10.0, 80)
    weights = rng.integers(5, 40, 80).astype(float)
    a = b - 0.2 * weights + rng.normal(0, 2.0, 80)
    found = compare(list(a), list(b), list(weights), share=False, higher_is_better=False)
    value = (a.sum() - b.sum()) / weights.sum()
    assert found.difference.value == pytest.approx(value)
    assert found.verdict == "better"
    draws = rng.integers(0, 80, (4000, 80))
    means = (a - b)[draws].sum(1) / weights[draws].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    assert found.difference.low == pytest.approx(low, abs=0.02)
    assert found.difference.high == pytest.approx(high, abs=0.02)
    same = compare(list(b), list(b), list(weights), share=False)
    assert (same.verdict, same.p) == ("unclear", 1.0)


def test_one_item_tells_no_difference() -> None:
    found = compare([3.0], [1.0], [1.0], share=False)
    assert found.verdict == "unclear"
    assert found.difference.low == found.difference.high == 2.0


def test_scores_of_losses_have_a_bootstrap_interval() -> None:
    rng = np.random.default_rng(4)
    weights = rng.integers(5, 40, 200).astype(float)
    values = weights * rng.normal(2.0, 0.5, 200)
    found = summarise(list(values), list(weights), share=False)
    assert found.value == pytest.approx(values.sum() / weights.sum())
    rate = values / weights
    half = 1.96 * float(np.sqrt(np.average((rate - found.value) ** 2, weights=weights) / 200))
    assert found.high - found.low == pytest.approx(2 * half, rel=0.25)
    raised = summarise(list(values), list(weights), share=False, transform="exp")
    assert raised.low == pytest.approx(math.exp(found.low))
