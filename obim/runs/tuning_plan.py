"""Which settings are tried of a merge method, and about how long that takes. It tries nothing."""

import itertools
import random
from collections.abc import Iterator
from statistics import fmean
from typing import Any

from obim.registry import find, names
from obim.runs.effort import MERGE
from obim.runs.state import RunState
from obim.runs.tuned import Settings

TRIES = 8
"""Settings tried of each method, unless another number is asked for."""
TUNING_ITEMS = 24
"""Items a skill that a try is scored on, at most."""
DENSITIES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
SCALES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5)
_DRAWS = 2000
"""Candidates looked at, at most: a method with few settings runs out of new ones."""
_TOKENS = 60.0
"""Of an item, as long as no set was scored."""
_Effect = tuple[Any, ...]


def tunable() -> list[str]:
    """Names of the methods that can be tuned: OBIM, and those that need no saliency."""
    found = names("merge_method")
    return [name for name in found if name == "obim" or not _facts(name).get("needs_saliency")]


def settings_of(method: str, donors: int, tries: int, seed: int) -> list[Settings]:
    """The settings to try: the stock ones, then a seeded grid in an order of its own.

    The grid has one density for all donors, and by turns one scale for all and a scale for each.
    Settings that amount to the same merge (scales of an average that have the same ratios, say)
    count once, so that every method has equally many different tries.

    Args:
        method: name of a merge method.
        donors: their number.
        tries: at most; fewer where the method has no more settings.
        seed: of the order.
    """
    facts = _facts(method)
    found: dict[_Effect, Settings] = {}
    for settings in itertools.islice(_candidates(facts, donors, seed), _DRAWS):
        found.setdefault(_effect(facts, settings), settings)
        if len(found) >= tries:
            break
    return list(found.values())


def tuning_seconds(state: RunState, tries: int) -> float | None:
    """About how long tuning takes, at the pace of the last score; None before the first score.

    Tries whose scores are known from other runs take no time; they are counted all the same.
    """
    if state.pace is None:
        return None
    tokens = fmean([s.mean_tokens for s in state.scores] or [_TOKENS])
    one = MERGE + TUNING_ITEMS * tokens * len(state.skills)
    left = sum(
        max(0, tries - next((t.tries for t in state.tuned if t.method == method), 0))
        for method in tunable()
    )
    return left * one * state.pace


def _facts(method: str) -> dict[str, Any]:
    return find("merge_method", method).facts


def _candidates(facts: dict[str, Any], donors: int, seed: int) -> Iterator[Settings]:
    yield Settings(scales=(1.0,) * donors)
    draw = random.Random(seed)
    densities = DENSITIES if facts.get("uses_density") else (None,)
    sums = (None, False) if facts.get("averages") == "default" else (None,)
    grid = list(itertools.product(densities, SCALES, sums))
    draw.shuffle(grid)
    for density, scale, normalize in itertools.cycle(grid):
        yield Settings(density=density, scales=(scale,) * donors, normalize=normalize)
        each = tuple(draw.choice(SCALES) for _ in range(donors))
        yield Settings(density=draw.choice(densities), scales=each, normalize=draw.choice(sums))


def _effect(facts: dict[str, Any], settings: Settings) -> _Effect:
    """Equal for settings that give the same merge."""
    averages = facts.get("averages") is not None and settings.normalize is None
    total = sum(settings.scales) if averages else 1.0
    return (
        settings.density,
        tuple(round(scale / total, 9) for scale in settings.scales),
        settings.normalize,
    )
