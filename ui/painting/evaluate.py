"""The Evaluate screen: the scoreboard, single items; two models on one prompt."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting import chat, contestants, items, past_turns
from ui.painting.budget import amount, amounts, takes
from ui.painting.score_dots import dots
from ui.painting.scoreboard import table
from ui.painting.wording import note
from ui.session import Session


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Evaluate screen."""
    lang = session.lang
    held_back = sum(skill.items for skill in state.skills) if state is not None else 0
    lines = []
    if state is not None and not state.skills:
        lines.append(t(lang, "evaluate.no_sets"))
    elif state is not None and not state.turn:
        lines.append(t(lang, "evaluate.nothing_merged"))
    lines += takes(state, session) if state is not None else []
    return {
        **contestants.paint(state, session),
        "full": {
            "choices": amounts(lang, held_back),
            "value": amount(session),
            "visible": held_back > 0,
        },
        "evaluate_note": note(lines, "quiet"),
        **past_turns.paint(state, session),
        "scores": table(state, session),
        "dots": dots(state, session),
        "kind": items.kinds(state, session),
        "items_note": items.compared(state, session),
        "items": items.paint(state, session),
        **chat.paint(state, session),
    }
