"""Green, amber or red: whether a merge keeps a rule, as far as the items tell. Pure; no model.

Every item was answered by the merge (m, 1 right or 0 wrong) and by whom it is held against (r).
With n items, the *margin* of a skill is ``mean(m) - mean(r) + X/100`` for "at most X points below
the base" and ``mean(m - Y/100 * r)`` for "at least Y % of its donor". It comes with an interval:

- red: the whole interval lies below 0. The rule is broken, and chance hardly explains it;
- green: the whole interval lies at 0 or above. The rule is kept, and that is hardly luck;
- amber: anything else. The point estimate breaks the rule, or the interval reaches beyond.

The interval is a paired 95 % interval: for differences Bonett and Price's (2012) adjusted Wald
interval, by `compare`; for retention a percentile bootstrap over items, to which one item gained
and one lost are added as in theirs (without them the interval of 40 wrong answers has no width,
and a kept rule about a weak donor would go red). One end of it errs in 2.5 % of all cases. A rule
about K skills has K chances to err, so its intervals are widened to ``1 - 0.05 / K``
(Bonferroni): a rule that is kept goes red in 5 % of all judgements at most, however many skills
it is about. A judgement is on its own: over many turns there are more chances, on the same items.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from obim.evaluation.rules import Figure, Light, Rule, Verdict
from obim.evaluation.statistics import LEVEL, RESAMPLES, Interval, compare

_WORST: tuple[Light, ...] = ("red", "amber", "green")


@dataclass(frozen=True)
class Pair:
    """The answers of the merge and of its reference on the items of one skill.

    Attributes:
        skill: id of the evaluation set.
        against: label of the reference: ``base`` or a donor.
        merged: 0 or 1 an item, (n,).
        reference: likewise, the same items in the same order.
    """

    skill: str
    against: str
    merged: Sequence[float]
    reference: Sequence[float]


def judge(rule: Rule, pairs: Sequence[Pair]) -> Verdict:
    """Whether the rule is kept; definitions above.

    Args:
        rule: what is asked.
        pairs: one for each skill that it is about, at least one; none without items.
    """
    level = 1 - (1 - LEVEL) / len(pairs)
    figures = tuple(_figure(rule, pair, level) for pair in pairs)
    return Verdict(rule=rule, light=worst([f.light for f in figures]), figures=figures)


def worst(lights: Sequence[Light]) -> Light:
    """The light of many: red before amber before green."""
    return min(lights, key=_WORST.index)


def _figure(rule: Rule, pair: Pair, level: float) -> Figure:
    margin = _fall(rule, pair, level) if rule.kind == "fall" else _keep(rule, pair, level)
    n = len(pair.merged)
    light: Light = "red" if margin.high < 0 else "green" if margin.low >= 0 else "amber"
    return Figure(
        skill=pair.skill,
        against=pair.against,
        score=math.fsum(pair.merged) / n,
        reference=math.fsum(pair.reference) / n,
        margin=margin.value,
        low=margin.low,
        high=margin.high,
        light=light,
        n=n,
        needed=_needed(margin, n) if light == "amber" else None,
    )


def _fall(rule: Rule, pair: Pair, level: float) -> Interval:
    ones = [1.0] * len(pair.merged)
    found = compare(pair.merged, pair.reference, ones, share=True, level=level).difference
    allowed = rule.limit / 100
    return Interval(found.value + allowed, found.low + allowed, found.high + allowed)


def _keep(rule: Rule, pair: Pair, level: float) -> Interval:
    """Bootstrap of the four kinds of items: drawing n of them is drawing how many of each."""
    merged, reference = np.asarray(pair.merged), np.asarray(pair.reference)
    kinds = np.asarray([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
    seen = np.asarray([((merged == m) & (reference == r)).sum() for m, r in kinds], dtype=float)
    gaps = kinds[:, 0] - rule.limit / 100 * kinds[:, 1]
    adjusted = seen + np.asarray([0.0, 1.0, 1.0, 0.0])  # one lost, one gained
    n = int(adjusted.sum())
    drawn = np.random.default_rng(0).multinomial(n, adjusted / n, RESAMPLES) @ gaps / n
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(seen @ gaps / seen.sum()), float(low), float(high))


def _needed(margin: Interval, n: int) -> int | None:
    """Items at which the interval would end at the limit: its width goes with 1 / sqrt(n)."""
    reach = margin.value - margin.low if margin.value > 0 else margin.high - margin.value
    if abs(margin.value) < 1e-9:  # rounding
        return None
    return max(n + 1, math.ceil(n * (reach / margin.value) ** 2))
