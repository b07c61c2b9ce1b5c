"""About how long scoring models takes, at the pace that was measured. It measures nothing."""

from collections.abc import Sequence
from math import floor
from statistics import fmean

from obim.runs.amounts import LEAST_ITEMS
from obim.runs.effort import MERGE, SHOW
from obim.runs.state import RunState
from obim.runs.variants import is_merge

_TOKENS = 60.0
"""Of an item, as long as no set was scored."""


def scoring_seconds(
    state: RunState,
    wanted: Sequence[tuple[str, str]],
    items: int | None,
    seconds: float | None,
) -> float | None:
    """About how long these scores take; None before anything was scored.

    One estimate for a choice, for what was chosen and for what is under way: items by their mean
    tokens, and each model's way into memory, at the pace of the last score.

    Args:
        state: of the run.
        wanted: (label of a model, skill) that isn't scored yet.
        items: a skill at most, None: all report items.
        seconds: instead: as many as one model reads in about this time on all skills.
    """
    if state.pace is None:
        return None
    showing = sum(MERGE if is_merge(model) else SHOW for model in {model for model, _ in wanted})
    tokens = [_count(state, skill, items, seconds) * _tokens(state, skill) for _, skill in wanted]
    return (showing + sum(tokens)) * state.pace


def _tokens(state: RunState, skill: str) -> float:
    """Mean tokens of an item of a skill, or of all as long as it has no score."""
    own = [s.mean_tokens for s in state.scores if s.skill == skill]
    return fmean(own or [s.mean_tokens for s in state.scores] or [_TOKENS])


def _count(state: RunState, skill: str, items: int | None, seconds: float | None) -> int:
    """Items of one skill: as they were measured, else as many as the pace allows."""
    there = next((s.items for s in state.skills if s.id == skill), LEAST_ITEMS)
    if seconds is None:
        return there if items is None else min(items, there)
    budget = next((b for b in state.budgets if b.seconds == seconds), None)
    if budget is not None and skill in budget.items:
        return budget.items[skill]
    share = seconds / max(1, len(state.skills))
    return min(
        there, max(LEAST_ITEMS, floor(share / (_tokens(state, skill) * (state.pace or 1.0))))
    )
