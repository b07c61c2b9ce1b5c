"""Lights of rules against counts by hand and a simulation of many merges."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.stats import norm

from obim.evaluation.gates import Pair, judge, worst
from obim.evaluation.rules import Gates, Rule

Answers = NDArray[np.float64]
TRIALS = 400


def answers(both: int, lost: int, gained: int, neither: int) -> Pair:
    """A pair of (merge, reference) answers by how many items fall each way."""
    merged = [1.0] * both + [0.0] * lost + [1.0] * gained + [0.0] * neither
    reference = [1.0] * both + [1.0] * lost + [0.0] * gained + [0.0] * neither
    return Pair("a", "base", merged, reference)


def drawn(rng: np.random.Generator, n: int, reference: float, merged: float, alike: float) -> Pair:
    """Answers with these true shares; ``alike`` of the items are as hard for both."""
    hard = rng.random(n)
    own = np.where(rng.random(n) < alike, hard, rng.random(n))
    right: Answers = (own < merged).astype(float)
    return Pair("a", "base", right.tolist(), (hard < reference).astype(float).tolist())


def test_a_fall_is_held_against_bonett_and_price() -> None:
    (figure,) = judge(Rule(kind="fall", limit=5), [answers(30, 40, 4, 26)]).figures
    up, down, n = 5 / 102, 41 / 102, 102
    half = norm.ppf(0.975) * math.sqrt((up + down - (up - down) ** 2) / n)
    assert (figure.score, figure.reference, figure.n) == (0.34, 0.7, 100)
    assert figure.margin == pytest.approx(-0.36 + 0.05)
    assert figure.low == pytest.approx(up - down - half + 0.05)
    assert figure.high == pytest.approx(up - down + half + 0.05)
    assert figure.light == "red"


def test_retention_is_held_against_the_normal_interval_of_many_items() -> None:
    (figure,) = judge(Rule(kind="keep", limit=40), [answers(4000, 3000, 500, 2500)]).figures
    gaps = np.repeat([0.6, -0.4, 1.0, 0.0], [4000, 3000, 500, 2500])
    half = norm.ppf(0.975) * gaps.std() / 100
    assert figure.margin == pytest.approx(gaps.mean())
    assert figure.low == pytest.approx(gaps.mean() - half, abs=0.06 * half)
    assert figure.high == pytest.approx(gaps.mean() + half, abs=0.06 * half)
    assert figure.light == "green"


@pytest.mark.parametrize(
    ("pair", "rule", "light"),
    [
        (answers(400, 0, 0, 0), Rule(kind="fall", limit=5), "green"),
        (answers(40, 0, 0, 0), Rule(kind="fall", limit=5), "amber"),  # kept, but of few items
        (answers(20, 6, 0, 14), Rule(kind="fall", limit=10), "amber"),  # broken, perhaps by chance
        (answers(5, 30, 0, 5), Rule(kind="fall", limit=10), "red"),
        (answers(38, 2, 0, 0), Rule(kind="keep", limit=40), "green"),
        (answers(1, 39, 0, 0), Rule(kind="keep", limit=40), "red"),
        (answers(0, 2, 0, 38), Rule(kind="keep", limit=40), "amber"),
        (answers(0, 0, 0, 40), Rule(kind="keep", limit=40), "amber"),  # the donor knows nothing
    ],
)
def test_lights(pair: Pair, rule: Rule, light: str) -> None:
    verdict = judge(rule, [pair])
    assert verdict.light == verdict.figures[0].light == light
    assert (verdict.figures[0].needed is not None) == (
        light == "amber" and verdict.figures[0].margin != 0
    )


def test_as_many_items_as_are_said_to_be_needed_decide() -> None:
    few = judge(Rule(kind="fall", limit=10), [answers(20, 6, 0, 14)]).figures[0]
    assert few.needed is not None
    times = math.ceil(few.needed / few.n * 1.2)
    many = judge(Rule(kind="fall", limit=10), [answers(20 * times, 6 * times, 0, 14 * times)])
    assert many.light == "red"
    fewer = judge(Rule(kind="fall", limit=10), [answers(20 * 2, 6 * 2, 0, 14 * 2)])
    assert fewer.light == "amber"


def test_the_worst_skill_gives_the_light_and_many_skills_widen_the_intervals() -> None:
    good, bad = answers(400, 0, 0, 0), answers(5, 30, 0, 5)
    rule = Rule(kind="fall", limit=5)
    verdict = judge(rule, [good, bad, good])
    assert [figure.light for figure in verdict.figures] == ["green", "red", "green"]
    assert verdict.light == "red"
    alone = judge(rule, [bad]).figures[0]
    assert verdict.figures[1].high - verdict.figures[1].low > alone.high - alone.low
    assert worst(["green", "amber"]) == "amber"


@pytest.mark.parametrize("skills", [1, 4])
@pytest.mark.parametrize(("n", "alike"), [(12, 0.0), (40, 0.7)])
@pytest.mark.parametrize(
    ("rule", "reference"),
    [
        (Rule(kind="fall", limit=5), 0.3),
        (Rule(kind="fall", limit=0), 0.5),
        (Rule(kind="keep", limit=40), 0.9),
        (Rule(kind="keep", limit=5), 0.9),
        (Rule(kind="keep", limit=90), 0.5),
    ],
)
def test_a_rule_that_is_just_kept_rarely_goes_red(
    rule: Rule, reference: float, n: int, alike: float, skills: int
) -> None:
    rng = np.random.default_rng(7)
    share = rule.limit / 100
    just = reference - share if rule.kind == "fall" else reference * share
    reds = sum(
        judge(rule, [drawn(rng, n, reference, just, alike) for _ in range(skills)]).light == "red"
        for _ in range(TRIALS // skills)
    )
    trials = TRIALS // skills
    chance = 2.5 * math.sqrt(0.05 * 0.95 / trials)  # of this simulation
    assert reds / trials <= 0.05 + chance


def test_a_rule_that_is_far_broken_goes_red() -> None:
    rng = np.random.default_rng(7)
    pairs = [[drawn(rng, 40, 0.8, 0.3, 0.7)] for _ in range(50)]
    for rule in (Rule(kind="fall", limit=5), Rule(kind="keep", limit=80)):
        assert sum(judge(rule, pair).light == "red" for pair in pairs) >= 45


@pytest.mark.parametrize(
    "said",
    [{"kind": "fall", "limit": -1}, {"kind": "keep", "limit": 101}, {"kind": "x", "limit": 1}],
)
def test_rules_out_of_range_are_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(said)
    with pytest.raises(ValidationError):
        Gates(rules=(Rule(kind="fall", limit=1),) * 7)
