"""OBIM as it was after earlier turns: what the scoreboard shows of it, and what it is called."""

from typing import Any

from obim import RunState, ScoreState, is_of, past_label, past_turn
from ui.i18n import t
from ui.painting.budget import chosen
from ui.painting.methods import model_label
from ui.session import Session

LAST = 3
"""Earlier turns that are shown unless the user wants every one."""


def past_scores(state: RunState, session: Session) -> dict[tuple[str, str], ScoreState]:
    """(skill, label) -> score of the merge after each earlier turn, on the items chosen."""
    return {
        (score.skill, past_label(score.turn)): score
        for score in state.scores
        if score.model == "merged"
        and score.turn is not None
        and 0 < score.turn < state.turn
        and is_of(score, chosen(session), state.budgets)
    }


def past_labels(state: RunState, session: Session) -> list[str]:
    """Earlier turns that were scored, the latest first."""
    turns = {past_turn(label) or 0 for _, label in past_scores(state, session)}
    return [past_label(turn) for turn in sorted(turns, reverse=True)]


def shown(state: RunState, session: Session) -> list[str]:
    """Those of them that are on the scoreboard."""
    found = past_labels(state, session)
    return found if session.every_turn else found[:LAST]


def row_name(state: RunState, lang: str, model: str) -> str:
    """What a row is called: a turn that ends a round by its round."""
    turn, donors = past_turn(model), len(state.spec.donors)
    if turn is None:
        return model_label(lang, model)
    if turn % donors:
        return t(lang, "past_turns.turn", turn=turn)
    return t(lang, "past_turns.round", round=turn // donors)


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The choice of turns, where there are more than are shown at first."""
    lang = session.lang
    n = len(past_labels(state, session)) if state is not None else 0
    return {
        "every_turn_box": {"visible": n > LAST},
        "every_turn": {
            "value": session.every_turn,
            "label": t(lang, "past_turns.every", n=n),
            "info": t(lang, "past_turns.every_info", n=LAST),
        },
    }
