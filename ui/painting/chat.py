"""Two models on one prompt: each answer stands under the model that gave it, as it was then."""

from typing import Any

from obim import RunState, is_of_turn
from ui.i18n import t
from ui.painting.donors import examples
from ui.painting.methods import model_label
from ui.painting.switches import SWITCHED, label, switches
from ui.painting.wording import MAX_DONORS, note
from ui.session import Session

SIDES = ("left", "right")


def chat_labels(state: RunState, session: Session) -> list[str]:
    """Models that can be prompted; the merge as it is switched, where a donor is off."""
    merged = ["merged"] if state.turn else []
    off = [SWITCHED] if switches(state, session) else []
    return ["base", *(donor.name for donor in state.spec.donors), *merged, *off]


def usual(state: RunState | None, session: Session) -> dict[str, str]:
    """Who is asked unless the user chose: where a donor is off, OBIM with it and without it."""
    known = chat_labels(state, session) if state is not None else ["base"]
    return {"left": "merged" if SWITCHED in known else "base", "right": known[-1]}


def on_sides(state: RunState | None, session: Session) -> dict[str, str]:
    """Who is asked on each side."""
    known = chat_labels(state, session) if state is not None else ["base"]
    chosen = {side: session.chat.get(side) for side in SIDES}
    return usual(state, session) | {s: model for s, model in chosen.items() if model in known}


def exact_label(state: RunState, session: Session, model: str) -> str:
    """The label of the model that a choice means now."""
    return label(state, session) if model == SWITCHED else model


def _answer(state: RunState | None, session: Session, side: str, model: str) -> dict[str, Any]:
    """The answer on one side, as far as it is of the model that is chosen, as it stands now."""
    lang, answer = session.lang, session.chat.get(f"{side}_answer", {})
    if state is not None:
        model = exact_label(state, session, model)
    turn = state.turn if state is not None and is_of_turn(model) else None
    if answer.get("model") != model or answer.get("turn") != turn:
        waits = t(lang, "evaluate.asking") if session.chat.get("asking") else ""
        empty = {"value": "", "placeholder": waits, "info": ""}
        return {"label": t(lang, "evaluate.answer"), **empty}
    name = model_label(lang, model)
    cut = answer.get("cut_at", 0)
    shown = {
        "value": answer["text"],
        "placeholder": "",
        "info": t(lang, "evaluate.cut", n=cut) if cut else "",
    }
    if turn is None:
        return {"label": t(lang, "evaluate.answer_of", name=name), **shown}
    return {"label": t(lang, "evaluate.answer_at", name=name, turn=turn), **shown}


def _choice(state: RunState | None, session: Session, model: str) -> str:
    """What a choice is called."""
    lang = session.lang
    if state is None or model != SWITCHED:
        return model_label(lang, model)
    return t(lang, "switches.choice", model=model_label(lang, label(state, session)))


def _examples(found: list[tuple[str, str]], lang: str) -> dict[str, Any]:
    """A button for each donor that has an example."""
    buttons = {
        f"example{i}": {
            "visible": i < len(found),
            "value": found[i][0] if i < len(found) else "",
        }
        for i in range(MAX_DONORS)
    }
    lead = [t(lang, "evaluate.example")] if found else []
    return {
        "example_row": {"visible": bool(found)},
        "example_note": note(lead, "quiet"),
        **buttons,
    }


def _asked(state: RunState | None, session: Session, sides: dict[str, str]) -> list[str]:
    """Which two models the button asks."""
    if state is None or not state.mergeable:
        return []
    lang = session.lang
    named = {s: model_label(lang, exact_label(state, session, m)) for s, m in sides.items()}
    return [t(lang, "asking.models", **named)]


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Models to choose, prompt and answers."""
    lang = session.lang
    known = chat_labels(state, session) if state is not None else ["base"]
    choices = [(_choice(state, session, model), model) for model in known]
    chat, sides = session.chat, on_sides(state, session)
    asking = bool(chat.get("asking"))
    found = examples(state.spec) if state is not None else []
    first = found[0][1] if found else ""
    return {
        **{side: {"choices": choices, "value": model} for side, model in sides.items()},
        **{f"{side}_text": _answer(state, session, side, model) for side, model in sides.items()},
        "prompt": {"value": chat.get("prompt", first)},
        **_examples(found, lang),
        "ask_note": note(_asked(state, session, sides), "quiet"),
        "ask": {"interactive": state is not None and state.mergeable and not asking},
    }
