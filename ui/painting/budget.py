"""How much is evaluated: a quick draw, of the usual size or by seconds, or all held-back items."""

from obim import BudgetState, RunState, ScoreState
from ui.i18n import t
from ui.session import Session

QUICK_ITEMS = 40
"""Items a skill of a quick evaluation for which no seconds are chosen."""
QUICK_SECONDS = (10, 30, 60)
"""What a quick evaluation of one model may take."""
USUAL, ALL = "usual", "all"
AMOUNTS = (USUAL, *map(str, QUICK_SECONDS), ALL)


def amounts(lang: str, held_back: int) -> list[tuple[str, str]]:
    """What can be chosen: words and value."""
    timed = [(t(lang, "evaluate.quick_seconds", n=n), str(n)) for n in QUICK_SECONDS]
    usual = (t(lang, "evaluate.quick", n=QUICK_ITEMS), USUAL)
    return [usual, *timed, (t(lang, "evaluate.full", n=held_back), ALL)]


def amount(session: Session) -> str:
    """What is chosen."""
    if session.full:
        return ALL
    return USUAL if session.seconds is None else str(session.seconds)


def _budget(state: RunState, session: Session) -> BudgetState | None:
    """The items of the quick evaluation that is chosen, once they are measured."""
    return next((b for b in state.budgets if b.seconds == session.seconds), None)


def is_quick_chosen(state: RunState, session: Session, score: ScoreState) -> bool:
    """Whether a score is of the practice items that are chosen.

    A skill that was never evaluated by seconds has one quick draw, the usual one.
    """
    if not score.quick:
        return False
    if session.seconds is None:
        usual = [b.usual[score.skill] for b in state.budgets if score.skill in b.usual]
        return score.n in usual or not usual
    budget = _budget(state, session)
    return budget is not None and score.n == budget.items.get(score.skill)


def takes(state: RunState, session: Session) -> list[str]:
    """How many items the seconds that are chosen come to, and how long they take."""
    budget = None if session.full else _budget(state, session)
    if budget is None:
        return []
    known = [skill.id for skill in state.skills if skill.id in budget.items]
    n, seconds = sum(budget.items[s] for s in known), sum(budget.takes[s] for s in known)
    return [t(session.lang, "evaluate.takes", n=n, seconds=f"{seconds:.0f}")]
