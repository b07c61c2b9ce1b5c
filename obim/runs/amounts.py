"""Which scores are of one amount of items: all held back, the usual practice items, some seconds'.

Only scores of one amount stand side by side. It scores nothing.
"""

from collections.abc import Sequence

from obim.runs.scored import BudgetState, ScoreState

Amount = tuple[bool, float | None]
"""Quick, and the seconds that were chosen for it; None: the usual items."""


def amounts(budgets: Sequence[BudgetState]) -> list[Amount]:
    """All that scores can be of: the usual items, those of each number of seconds, all items."""
    return [(True, None), *((True, budget.seconds) for budget in budgets), (False, None)]


LEAST_ITEMS = 10
"""Items a skill of a quick evaluation by seconds, where there are as many: fewer tell nothing."""


def is_of(score: ScoreState, amount: Amount, budgets: Sequence[BudgetState]) -> bool:
    """Whether a score is of an amount.

    A skill that was never evaluated by seconds has one quick draw, the usual one.
    """
    quick, seconds = amount
    if score.quick != quick:
        return False
    if not quick:
        return True
    if seconds is None:
        usual = [budget.usual[score.skill] for budget in budgets if score.skill in budget.usual]
        return score.n in usual or not usual
    return any(b.seconds == seconds and score.n == b.items.get(score.skill) for b in budgets)
