"""How many orders of the donors are tried, and about how long figures without merging take.

It tries nothing.
"""

import math
from statistics import fmean
from typing import Literal

from obim.insight.orders import ALL, SOME
from obim.runs.budget import QUICK_ITEMS
from obim.runs.effort import MERGE
from obim.runs.state import RunState

_CLAIMS = 0.65
"""What one more order takes of the time of one setting's exact figures; measured with the demo."""
_TOKENS = 60.0
"""Of an item, as long as no set was scored."""


def order_count(donors: int) -> int:
    """Orders that are tried."""
    return math.factorial(donors) if donors <= ALL else SOME


def seconds_of(
    state: RunState, job: Literal["reckon", "try_orders", "score_orders"]
) -> float | None:
    """About how long a job takes; None while unknown.

    Args:
        state: of the run.
        job: exact figures of one setting; owner maps of all orders; their quick scores.
    """
    return {"reckon": _reckon, "try_orders": _try_orders, "score_orders": _score_orders}[job](state)


def _reckon(state: RunState) -> float | None:
    """About how long exact figures take: as last time, else as a merge; None while unknown."""
    known = [one.seconds for one in state.what_ifs.settings if one.exact]
    if known:
        return known[-1]
    return None if state.needs is None else state.needs.seconds


def _try_orders(state: RunState) -> float | None:
    """About how long the owner maps of all orders take; None while unknown."""
    if state.what_ifs.orders:
        return state.what_ifs.orders[-1].seconds
    one = _reckon(state)
    return None if one is None else one * (1 + _CLAIMS * (order_count(len(state.spec.donors)) - 1))


def _score_orders(state: RunState) -> float | None:
    """About how long quick scores of all orders take, at the pace of the last score; None before.

    Scores that are known take no time; they are counted all the same.
    """
    if state.pace is None:
        return None
    tokens = fmean([s.mean_tokens for s in state.scores] or [_TOKENS])
    one = MERGE + QUICK_ITEMS * tokens * len(state.skills)
    return order_count(len(state.spec.donors)) * one * state.pace
