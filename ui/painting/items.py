"""Single items on the Evaluate screen: what the merge got worse at, with all answers."""

from typing import Any

from obim import FlipState, RunState
from ui.i18n import t
from ui.painting.methods import model_label
from ui.painting.skills import scores_shown, skill_title
from ui.painting.wording import blank, names, note, stamped
from ui.session import Session


def _was_compared(state: RunState) -> bool:
    """Whether there was anything that the merge of this turn could lose against."""
    return any(skill.rivals for skill in state.compared)


def compared(state: RunState | None, session: Session) -> dict[str, Any]:
    """How many items of each skill got worse, against whom, and how many of them are listed."""
    if state is None or not _was_compared(state):
        return note([])
    lang = session.lang
    titles = {skill.id: skill_title(lang, skill) for skill in state.skills}
    lines = []
    for skill in state.compared:
        key = "evaluate.lost" if skill.shown == skill.lost else "evaluate.lost_some"
        said = {
            "skill": titles.get(skill.skill, skill.skill),
            "lost": skill.lost,
            "shown": skill.shown,
            "rivals": names(lang, [model_label(lang, r) for r in skill.rivals], "page.or"),
        }
        lines.append(t(lang, key if skill.rivals else "evaluate.not_compared", **said))
    return note(lines, "quiet")


def _flip(lang: str, flip: FlipState) -> dict[str, Any]:
    """One item with all answers."""
    answers = [
        {
            "name": model_label(lang, label),
            "text": answer,
            "ok": answer.strip() == flip.expected.strip(),
        }
        for label, answer in flip.answers.items()
    ]
    return {"prompt": flip.prompt, "expected": flip.expected, "answers": answers}


def _can_list(state: RunState, session: Session) -> bool:
    """Whether the table shows the merge and something that it could be worse than."""
    shown = {score.model for score in scores_shown(state, session.full).values()}
    return "merged" in shown and bool(shown & {"base", *(d.name for d in state.spec.donors)})


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ItemList: items that base or donor has right and the merge wrong."""
    lang = session.lang
    if state is None or not _was_compared(state):
        again = state is not None and _can_list(state, session)
        return blank(t(lang, "evaluate.list_items" if again else "evaluate.no_items_yet"))
    if not state.flips:
        return blank(t(lang, "evaluate.no_items"))
    titles = {skill.id: skill_title(lang, skill) for skill in state.skills}
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "evaluate.worse"),
            "skill_label": t(lang, "evaluate.skill"),
            "position": t(lang, "evaluate.position"),
            "previous": t(lang, "evaluate.previous"),
            "next": t(lang, "evaluate.next"),
            "prompt_label": t(lang, "evaluate.prompt"),
            "expected_label": t(lang, "evaluate.expected"),
            "items": [
                {"skill": titles.get(flip.skill, flip.skill), **_flip(lang, flip)}
                for flip in state.flips
            ],
            "ok": t(lang, "evaluate.right"),
            "wrong": t(lang, "evaluate.wrong"),
        }
    )
