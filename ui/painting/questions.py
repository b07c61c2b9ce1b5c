"""What the Interference screen wants to look up for a session: one tensor's window, the owners.

The follower asks the worker for it; an answer keeps the key of its question, so that none is shown
for another.
"""

from typing import Any

from obim import Inside, Owners, RunState, TensorSaliency
from ui.painting.folds import is_unfolded
from ui.painting.frame import SCREENS, has_saliency
from ui.painting.merge import shown_turn
from ui.session import Session

SIZE = 128
"""Rows and columns of the picture at most."""


def tensors(state: RunState) -> list[TensorSaliency]:
    """The tensors that a donor changes: layer by layer, then what lies outside the layers."""
    found: dict[str, TensorSaliency] = {}
    for donor in state.saliency:
        for entry in donor.tensors:
            if entry.tensor not in found or entry.change > found[entry.tensor].change:
                found[entry.tensor] = entry
    outside = max((e.layer for e in found.values() if e.layer is not None), default=0) + 1
    return sorted(found.values(), key=lambda e: outside if e.layer is None else e.layer)


def open_tensor(state: RunState, session: Session) -> str | None:
    """The tensor that is open: the chosen one, else the one that changed most."""
    there = tensors(state)
    if session.tensor in {entry.tensor for entry in there}:
        return session.tensor
    return max(there, key=lambda entry: entry.change).tensor if there else None


def _ready(state: RunState | None, session: Session) -> bool:
    """Whether the screen is shown and there is what it looks at; measuring may change it."""
    if state is None or SCREENS[session.screen] != "explore" or not has_saliency(state):
        return False
    job = state.job
    under_way = job is not None and job.status in ("waiting", "running")
    return not (under_way and job is not None and job.kind in ("check", "calibrate"))


def inside(state: RunState | None, session: Session) -> Inside | None:
    """The question about the open tensor; None where there is nothing to ask."""
    if state is None or not has_saliency(state):
        return None
    name, turn = open_tensor(state, session), shown_turn(state, session)
    if name is None or (session.view != "wants" and turn == 0):
        return None
    held = session.window or {}
    window = tuple(held["box"]) if held.get("tensor") == name else None
    return Inside(name, session.view, window, SIZE, None if session.view == "wants" else turn)


def owners(state: RunState | None, session: Session) -> Owners | None:
    """The question about the owner map; None where there is nothing to ask."""
    if state is None or not has_saliency(state) or shown_turn(state, session) == 0:
        return None
    return Owners(shown_turn(state, session))


def key(state: RunState, question: Inside | Owners) -> list[Any]:
    """Tells a question from others, in a form that an answer can keep."""
    if isinstance(question, Owners):
        return [state.id, question.turn]
    window = list(question.window) if question.window else None
    return [state.id, question.tensor, question.view, window, question.turn]


def wants_inside(state: RunState | None, session: Session) -> tuple[Any, ...] | None:
    """The key of a look inside that is due, None where none is."""
    if not is_unfolded(session, "inside"):
        return None
    return _due(state, session, inside(state, session), session.inside)


def wants_owners(state: RunState | None, session: Session) -> tuple[Any, ...] | None:
    """The key of a count of owners that is due, None where none is."""
    if not is_unfolded(session, "owners"):
        return None
    return _due(state, session, owners(state, session), session.owned)


def _due(
    state: RunState | None,
    session: Session,
    question: Inside | Owners | None,
    held: dict[str, Any] | None,
) -> tuple[Any, ...] | None:
    if question is None or state is None or not _ready(state, session):
        return None
    wanted = key(state, question)
    return None if held is not None and held["key"] == wanted else (repr(wanted),)
