"""How much is evaluated: a quick draw, of the usual size or by seconds, or all held-back items."""

from collections.abc import Sequence

from obim import LEAST_ITEMS, BudgetState, RunState, is_of, scoring_seconds
from ui.i18n import t
from ui.painting.contestants import ticked
from ui.painting.wording import duration
from ui.session import Session

QUICK_ITEMS = 40
"""Items a skill of a quick evaluation for which no seconds are chosen."""
QUICK_SECONDS = (10, 30, 60)
"""What a quick evaluation of one model may take."""
USUAL, ALL = "usual", "all"
AMOUNTS = (USUAL, *map(str, QUICK_SECONDS), ALL)


def amounts(lang: str, held_back: int) -> list[tuple[str, str]]:
    """What can be chosen: words and value."""
    timed = [(t(lang, "takes.option", n=n, least=LEAST_ITEMS), str(n)) for n in QUICK_SECONDS]
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


def _missing(state: RunState, session: Session, models: Sequence[str]) -> list[tuple[str, str]]:
    """(model, skill) of those models that isn't scored yet on the items chosen."""
    known = {
        (score.model, score.skill)
        for score in state.scores
        if score.turn in {None, state.turn} and is_of(score, chosen(session), state.budgets)
    }
    return [(m, s.id) for m in models for s in state.skills if (m, s.id) not in known]


def takes(state: RunState, session: Session) -> list[str]:
    """About how long the models that are ticked take together, and on how many items each."""
    lang, seconds = session.lang, None if session.full else session.seconds
    models = [model for group in ticked(state, session).values() for model in group]
    if not models or not state.skills:
        return []
    said = t(lang, "takes.model" if len(models) == 1 else "takes.models", n=len(models))
    missing = _missing(state, session, models)
    if not missing:
        return [t(lang, "takes.scored", models=said)]
    items = None if session.full or seconds is not None else QUICK_ITEMS
    time = scoring_seconds(state, missing, items, seconds)
    line = t(lang, "takes.unknown", models=said)
    if time is not None:
        line = t(lang, "takes.about", models=said, time=duration(lang, time))
    budget = None if session.full else _budget(state, session)
    if budget is None or seconds is None:
        return [line]
    n = sum(budget.items.get(skill.id, 0) for skill in state.skills)
    return [line, t(lang, "takes.items", n=n)]
