"""How much is evaluated: a quick draw, of the usual size or by seconds, or all held-back items."""

from obim import BudgetState, RunState
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


def chosen(session: Session) -> tuple[bool, float | None]:
    """Quick, and its seconds: what scores, verdicts and standings have to be of, to be shown."""
    return (False, None) if session.full else (True, session.seconds)


def takes(state: RunState, session: Session) -> list[str]:
    """How many items the seconds that are chosen come to, and how long they take."""
    budget = None if session.full else _budget(state, session)
    if budget is None:
        return []
    known = [skill.id for skill in state.skills if skill.id in budget.items]
    n, seconds = sum(budget.items[s] for s in known), sum(budget.takes[s] for s in known)
    return [t(session.lang, "evaluate.takes", n=n, seconds=f"{seconds:.0f}")]
