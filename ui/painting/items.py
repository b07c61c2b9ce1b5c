"""Single items on the Evaluate screen: what got worse, was forgotten or came back; all answers."""

from typing import Any, Literal

from obim import CompareState, FlipState, RunState
from ui.i18n import t
from ui.painting.methods import model_label
from ui.painting.saving import saving
from ui.painting.skills import scores_shown, skill_title
from ui.painting.wording import blank, names, note, stamped
from ui.session import Session

KINDS: tuple[Literal["worse", "forgotten", "recovered"], ...] = ("worse", "forgotten", "recovered")


def _was_compared(state: RunState) -> bool:
    """Whether there was anything that the merge of this turn could lose against."""
    return any(skill.rivals for skill in state.compared)


def _were_asked(state: RunState) -> bool:
    """Whether base and a donor were scored on the same items as the merge of this turn."""
    return any(skill.forgotten for skill in state.compared)


def _titles(state: RunState, lang: str) -> dict[str, str]:
    return {skill.id: skill_title(lang, skill) for skill in state.skills}


def kinds(state: RunState | None, session: Session) -> dict[str, Any]:
    """The chooser of kinds, with how many items there are of each."""
    lang = session.lang
    compared = state.compared if state is not None else ()
    missing = t(lang, "evaluate.missing")
    counts: dict[str, object] = dict.fromkeys(KINDS, missing)
    if state is not None and _was_compared(state):
        counts["worse"] = sum(skill.lost for skill in compared)
    if state is not None and _were_asked(state):
        counts["forgotten"] = sum(sum(skill.forgotten.values()) for skill in compared)
        counts["recovered"] = sum(sum(skill.recovered.values()) for skill in compared)
    words = {kind: t(lang, f"evaluate.kind.{kind}") for kind in KINDS}
    if compared:
        words = {k: t(lang, "evaluate.kind_n", kind=words[k], n=counts[k]) for k in KINDS}
    return {"choices": [(words[kind], kind) for kind in KINDS], "value": session.kind}


def compared(state: RunState | None, session: Session) -> dict[str, Any]:
    """How many items of each skill are of the kind that is listed, and what they say."""
    if state is None or not _was_compared(state):
        return note([])
    if session.kind == "worse":
        return note(_lost(state, session.lang), "quiet")
    return note(_forgot(state, session), "plain")


def _lost(state: RunState, lang: str) -> list[str]:
    titles = _titles(state, lang)
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
    return lines


def _forgot(state: RunState, session: Session) -> list[str]:
    """What each donor forgot, how much of it came back, and what that costs of its own skill."""
    lang, titles = session.lang, _titles(state, session.lang)
    lines, forgetful = [], []
    for skill in state.compared:
        for donor, forgotten in skill.forgotten.items():
            if not forgotten:
                continue
            forgetful.append(donor)
            recovered = skill.recovered[donor]
            line = t(
                lang, "evaluate.forgot", skill=titles.get(skill.skill, skill.skill), n=skill.n,
                donor=donor, forgotten=forgotten, recovered=recovered,
            )  # fmt: skip
            flips = _listed(state, session)
            listed = sum((f.skill, f.donor) == (skill.skill, donor) for f in flips)
            if listed < (forgotten if session.kind == "forgotten" else recovered):
                line += " " + t(lang, "evaluate.some_shown", shown=listed)
            lines.append(line)
    own = {skill.id: skill.donor or "" for skill in state.skills}
    for skill in state.compared:
        donor = own.get(skill.skill, "")
        if donor in forgetful and donor in skill.change:
            lines.append(_cost(lang, skill, donor, titles.get(skill.skill, skill.skill)))
    return lines


def _cost(lang: str, skill: CompareState, donor: str, title: str) -> str:
    value, low, high = (100 * end for end in skill.change[donor])
    said = {"skill": title, "donor": donor}
    if value < 0:
        ends = {"points": f"{-value:.1f}", "low": f"{-high:.1f}", "high": f"{-low:.1f}"}
        return t(lang, "evaluate.costs", **said, **ends)
    ends = {"points": f"{value:.1f}", "low": f"{low:.1f}", "high": f"{high:.1f}"}
    return t(lang, "evaluate.costs_nothing", **said, **ends)


def _listed(state: RunState, session: Session) -> list[FlipState]:
    """The items of the kind that is chosen; what came back was forgotten, too."""
    wanted = {"forgotten": ("forgotten", "recovered")}.get(session.kind, (session.kind,))
    return [flip for flip in state.flips if flip.kind in wanted]


def _flip(lang: str, flip: FlipState) -> dict[str, Any]:
    """One item with all answers."""
    answers = [
        {
            "name": model_label(lang, label),
            "text": answer,
            "ok": flip.right.get(label, answer.strip() == flip.expected.strip()),
        }
        for label, answer in flip.answers.items()
    ]
    back = flip.kind == "recovered"
    marks = {"forgotten": ["evaluate.still_gone"], "recovered": ["evaluate.came_back"]}
    keys = marks.get(flip.kind, []) + ["evaluate.near_tie"] * flip.near_tie
    return {
        "prompt": flip.prompt,
        "expected": flip.expected,
        "answers": answers,
        "mark": t(lang, "evaluate.dot").join(t(lang, key) for key in keys),
        "good": back,
    }


def _can_list(state: RunState, session: Session) -> bool:
    """Whether the table shows the merge and something that it could be worse than."""
    shown = {score.model for score in scores_shown(state, session).values()}
    return "merged" in shown and bool(shown & {"base", *(d.name for d in state.spec.donors)})


def _nothing(state: RunState | None, session: Session) -> str:
    """Key of the sentence that stands where no item is listed."""
    if state is None or not _was_compared(state):
        again = state is not None and _can_list(state, session)
        if session.kind != "worse":
            return "evaluate.not_asked"
        return "evaluate.list_items" if again else "evaluate.no_items_yet"
    if session.kind == "worse":
        return "evaluate.no_items"
    if not _were_asked(state):
        return "evaluate.not_asked"
    return "evaluate.no_forgotten" if session.kind == "forgotten" else "evaluate.no_recovered"


def paint(state: RunState | None, session: Session, file: str = "items") -> dict[str, Any]:
    """Value of the ItemList: items of the kind that is chosen; ``file`` names what is saved."""
    lang = session.lang
    flips = _listed(state, session) if state is not None and _was_compared(state) else []
    if state is None or not flips:
        return blank(t(lang, _nothing(state, session)))
    titles = _titles(state, lang)
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, f"evaluate.kind.{session.kind}"),
            "skill_label": t(lang, "evaluate.skill"),
            "position": t(lang, "evaluate.position"),
            "previous": t(lang, "evaluate.previous"),
            "next": t(lang, "evaluate.next"),
            "prompt_label": t(lang, "evaluate.prompt"),
            "expected_label": t(lang, "evaluate.expected"),
            "items": [
                {"skill": titles.get(flip.skill, flip.skill), **_flip(lang, flip)} for flip in flips
            ],
            "ok": t(lang, "evaluate.right"),
            "wrong": t(lang, "evaluate.wrong"),
            "mark_label": t(lang, "save.column.mark"),
            "save": saving(
                lang, state, t(lang, f"evaluate.kind.{session.kind}"), f"{file}-{session.kind}"
            ),
        }
    )
