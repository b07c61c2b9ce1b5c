"""Several models on several sets, item by item: what is kept of a donor, means, paired verdicts.

It runs no model and reads no file. Everything drawn at random is seeded, and all models of a set
are drawn the same items, so that their differences and ratios are paired.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from obim.evaluation.statistics import (
    LEVEL,
    POWER,
    RESAMPLES,
    Comparison,
    Interval,
    Verdict,
    compare,
    mean_of,
    wilson,
)

_BLOCK = 2_000_000
"""Drawn positions held at once."""
_Z, _Z_POWER = float(norm.ppf((1 + LEVEL) / 2)), float(norm.ppf(POWER))
Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One evaluation set, and how each model did on the same items of it.

    Attributes:
        values: model -> a value an item, all in the same order.
        weights: an item each; a score is ``sum(values) / sum(weights)``.
        share: the values are 1 (right) and 0 (wrong).
        higher_is_better: of the score.
    """

    values: Mapping[str, tuple[float, ...]]
    weights: tuple[float, ...]
    share: bool = True
    higher_is_better: bool = True

    def score(self, model: str) -> float:
        """``sum(values) / sum(weights)`` of a model."""
        return math.fsum(self.values[model]) / math.fsum(self.weights)

    def interval(self, model: str) -> Interval:
        """A share of items right, with Wilson's interval."""
        right, n = round(math.fsum(self.values[model])), len(self.weights)
        return Interval(right / n, *wilson(right, n))


class Scoreboard:
    """All that is said of models beyond their scores.

    Args:
        columns: set -> column.
        donors: which of the models are donors.
    """

    def __init__(self, columns: Mapping[str, Column], donors: Sequence[str]) -> None:
        self.columns = columns
        self._shares = [name for name, column in columns.items() if column.share]
        self._donors = donors
        self._best = {name: _best(columns[name], donors) for name in self._shares}
        self._draws = {
            name: _resample(columns[name], np.random.default_rng(crc32(name.encode())))
            for name in self._shares  # by name: the same draws beside whatever other sets
        }

    def best_donor(self, name: str) -> str | None:
        """The donor that scores highest on a set of right and wrong; None: none has any right."""
        return self._best.get(name)

    def retention(self, name: str, model: str) -> Interval | None:
        """``score / best donor's score``, with the interval of a paired bootstrap over items.

        Resamples in which the donor has nothing right say nothing and are left out. A bootstrap
        sees no item that wasn't asked: where one of the two has all items right or all wrong, the
        interval reaches as far as its Wilson limits over, or under, the other's score too.
        """
        donor = self.best_donor(name)
        if donor is None or model not in self.columns[name].values:
            return None
        column = self.columns[name]
        mine, best = column.interval(model), column.interval(donor)
        found = _interval(mine.value / best.value, self._kept(name, model, donor))
        ends = [found.low, found.high]
        if model != donor and mine.value in {0.0, 1.0}:
            ends += [mine.low / best.value, mine.high / best.value]
        if model != donor and best.value == 1.0:
            ends.append(mine.value / best.low)
        return Interval(found.value, min(ends), max(ends))

    def mean_retention(self, model: str, names: Collection[str]) -> Interval | None:
        """The mean retention over those of some sets that a donor gets right of; see `mean_of`.

        None where one of them lacks the model, or was asked of no donor.

        Args:
            model: whose.
            names: the sets that belong to a donor; what belongs to none is nobody's to keep.
        """
        shares = [name for name in self._shares if name in names]
        asked = (set(self._donors) & self.columns[n].values.keys() for n in shares)
        if not all(asked):
            return None
        kept = [self.retention(name, model) for name in shares if self._best[name] is not None]
        found = [each for each in kept if each is not None]
        return mean_of(found) if found and len(found) == len(kept) else None

    def overall(self, model: str) -> Interval | None:
        """The mean score over all sets of right and wrong; None where one of them lacks.

        Its interval is that of Wilson's of all sets; see `mean_of`.
        """
        if not self._shares or any(model not in self.columns[n].values for n in self._shares):
            return None
        return mean_of([self.columns[name].interval(model) for name in self._shares])

    def against(self, name: str, model: str, other: str) -> Comparison | None:
        """A paired test of two models on one set."""
        column = self.columns[name]
        if model not in column.values or other not in column.values:
            return None
        return _compare(
            column.values[model], column.values[other], column.weights,
            column.share, column.higher_is_better,
        )  # fmt: skip

    def overall_against(self, model: str, other: str) -> Comparison | None:
        """A paired test of the means over all sets; of one set alone, that set's test.

        The interval is that of Bonett and Price's of all sets (`mean_of`); ``p`` is of a sign-flip
        test, which is McNemar's for several sets.
        ``needed`` follows from the standard error ``s`` of the difference ``d`` on N items:
        ``N ((z_level + z_power) s / d)^2``, since ``s^2`` falls as 1 / N.
        """
        each = [self.against(name, model, other) for name in self._shares]
        told = [one for one in each if one is not None]
        if not told or len(told) < len(each):
            return None
        if len(told) == 1:
            return told[0]
        found, n = mean_of([one.difference for one in told]), self._items()
        p = _flipped([self._gaps(name, model, other) for name in self._shares])
        verdict: Verdict = "unclear"
        if p < 1 - LEVEL:
            verdict = "better" if found.value > 0 else "worse"
        return Comparison(found, p, verdict, n, self._needed(model, other, found.value, n))

    def _items(self) -> int:
        return sum(len(self.columns[name].weights) for name in self._shares)

    def _needed(self, model: str, other: str, difference: float, n: int) -> int | None:
        if abs(difference) < 1e-12:  # rounding
            return None
        square = 0.0
        for name in self._shares:
            gaps = self._gaps(name, model, other)
            square += float(gaps.var()) / len(gaps) / len(self._shares) ** 2
        z = _Z + _Z_POWER
        return max(1, math.ceil(n * square * (z / difference) ** 2))

    def _gaps(self, name: str, model: str, other: str) -> Draws:
        values = self.columns[name].values
        return np.subtract(values[model], values[other], dtype=np.float64)

    def _kept(self, name: str, model: str, donor: str) -> Draws:
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = self._draws[name][model] / self._draws[name][donor]
        return np.where(np.isfinite(drawn), drawn, np.nan)


@lru_cache(maxsize=8192)
def _compare(
    a: tuple[float, ...], b: tuple[float, ...], weights: tuple[float, ...], share: bool, up: bool
) -> Comparison:
    """`compare`, once for the same values: a scoreboard is made anew with every score."""
    return compare(a, b, weights, share, up)


def _flipped(sets: Sequence[Draws]) -> float:
    """Two-sided p of the mean of the sets' mean gaps, against gaps of either sign by chance.

    Signs are drawn at random: ``(1 + those as far from 0) / (1 + all drawn)`` (Phipson & Smyth
    2010).
    """
    parts = np.concatenate([gaps / len(gaps) for gaps in sets])
    parts = parts[parts != 0]
    if not parts.size:
        return 1.0
    least = abs(parts.sum()) * (1 - 1e-9)  # rounding
    drawn = _signs(parts.size) if parts.size * RESAMPLES <= _BLOCK else _draw_signs(parts.size)
    far = sum(int((np.abs(signs @ parts) >= least).sum()) for signs in drawn)
    return (1 + far) / (1 + RESAMPLES)


@lru_cache(maxsize=64)
def _signs(size: int) -> list[NDArray[np.int8]]:
    """`_draw_signs`, once for each number of items: a scoreboard compares many pairs of models."""
    return list(_draw_signs(size))


def _draw_signs(size: int) -> Iterator[NDArray[np.int8]]:
    """All draws of signs, seeded, in blocks: (draws, size), 1 or -1."""
    generator, seen = np.random.default_rng(0), 0
    while seen < RESAMPLES:
        rows = min(RESAMPLES - seen, max(1, _BLOCK // size))
        yield (generator.integers(0, 2, (rows, size)) * 2 - 1).astype(np.int8)
        seen += rows


def _best(column: Column, donors: Sequence[str]) -> str | None:
    found = [donor for donor in donors if donor in column.values and column.score(donor) > 0]
    return max(found, key=column.score, default=None)


def _interval(value: float, drawn: Draws) -> Interval:
    """Percentiles of what was drawn, where it is a number."""
    known = drawn[np.isfinite(drawn)]
    if known.size == 0:
        return Interval(value, value, value)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def _resample(column: Column, generator: np.random.Generator) -> dict[str, Draws]:
    """Model -> its scores on items drawn with replacement, the same ones for every model."""
    n, models = len(column.weights), list(column.values)
    table = np.array([*(column.values[model] for model in models), column.weights]).T
    rows = max(1, _BLOCK // n)
    parts = []
    for start in range(0, RESAMPLES, rows):
        count = min(rows, RESAMPLES - start)
        drawn = generator.integers(0, n, (count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(drawn.reshape(-1), minlength=count * n).reshape(count, n)
        parts.append(times @ table)
    sums = np.concatenate(parts)
    return {model: sums[:, i] / sums[:, -1] for i, model in enumerate(models)}
