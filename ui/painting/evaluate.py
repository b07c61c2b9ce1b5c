"""The Evaluate screen: scores side by side, items that got worse; two models on one prompt."""

from typing import Any

from obim import FlipState, RunState, ScoreState, SkillState
from ui.i18n import t
from ui.painting import chat
from ui.painting.frame import busy
from ui.painting.methods import baselines, model_label
from ui.painting.wording import blank, names, note, percent, stamped
from ui.session import Session

QUICK_ITEMS = 40
"""Items a skill of a quick evaluation."""


def skill_title(lang: str, skill: SkillState) -> str:
    """An evaluation set's name in the user's language."""
    return skill.title.get(lang) or skill.title.get("en") or skill.id


def labels(state: RunState) -> list[str]:
    """Labels of the models that can be scored now, in the order they are shown."""
    merged = ["merged"] if state.turn else []
    return ["base", *(donor.name for donor in state.spec.donors), *baselines(), *merged]


def _scores(state: RunState, full: bool) -> dict[tuple[str, str], ScoreState]:
    """The scores to show: of the merged model only those of the present turn."""
    return {
        (score.skill, score.model): score
        for score in state.scores
        if score.quick != full and (score.model != "merged" or score.turn == state.turn)
    }


def _cell(
    lang: str, score: ScoreState | None, base: ScoreState | None, own: ScoreState | None, best: bool
) -> dict[str, Any]:
    if score is None:
        return {"score": None}
    arrow, words = None, ""
    if base is not None and score is not base:
        points = 100 * (score.score - base.score)
        sign = "up" if points > 0.05 else "down" if points < -0.05 else "same"
        arrow, words = sign, t(lang, "evaluate.points", points=f"{points:+.1f}")
    kept = ""
    if own is not None and own.score > 0 and score.model != own.model and score is not base:
        kept = t(lang, "evaluate.kept", share=percent(score.score / own.score, 0))
    return {
        "score": percent(score.score),
        "interval": f"{100 * score.low:.1f} – {100 * score.high:.1f}",
        "arrow": arrow,
        "arrow_text": words,
        "retention": kept,
        "best": best,
    }


def _rows(
    state: RunState, lang: str, scores: dict[tuple[str, str], ScoreState], models: list[str]
) -> list[dict[str, Any]]:
    """A row a skill that was scored, a cell a model."""
    donors = {donor.name for donor in state.spec.donors}
    merges = [m for m in models if m != "base" and m not in donors]
    rows = []
    for skill in state.skills:
        row = {m: scores[skill.id, m] for m in models if (skill.id, m) in scores}
        if not row:
            continue
        rivals = [row[m].score for m in merges if m in row]
        top = max(rivals) if len(rivals) > 1 else 0.0  # one merge alone is not the best
        own = row.get(skill.donor or "")
        some = next(iter(row.values()))
        cells = [
            _cell(
                lang, row.get(m), row.get("base"), own if m in merges else None,
                m in merges and m in row and row[m].score == top > 0,
            )
            for m in models
        ]  # fmt: skip
        items = t(lang, "evaluate.items", n=some.n, tokens=f"{some.mean_tokens:.0f}")
        rows.append({"name": skill_title(lang, skill), "note": items, "cells": cells})
    return rows


def table(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ScoreTable."""
    lang = session.lang
    scores = _scores(state, session.full) if state is not None else {}
    if state is None or not scores:
        if state is not None and busy(state) and state.job and state.job.kind == "evaluate":
            return blank(t(lang, "evaluate.running"), "loading")
        return blank(t(lang, "evaluate.empty"))
    models = [m for m in labels(state) if any(model == m for _, model in scores)]
    models.sort(key=lambda model: model != "merged")  # what it is about comes first, and is seen
    kind = {donor.name: t(lang, "models.donor") for donor in state.spec.donors}
    kind |= dict.fromkeys(baselines(), t(lang, "evaluate.stock"))
    kind["merged"] = t(
        lang, "evaluate.stock_turn" if _is_stock(state) else "evaluate.tuned_turn",
        turn=state.turn, turns=state.spec.turns,
    )  # fmt: skip
    drawn = "evaluate.caption_full" if session.full else "evaluate.caption_quick"
    return stamped(
        {
            "state": "ready",
            "message": "",
            "caption": t(lang, drawn),
            "corner": t(lang, "evaluate.skill"),
            "models": [
                {"name": model_label(lang, m), "note": kind.get(m, ""), "strong": m == "merged"}
                for m in models
            ],
            "rows": _rows(state, lang, scores, models),
            "best_text": t(lang, "evaluate.best"),
            "missing": t(lang, "evaluate.missing"),
            "foot": t(lang, "evaluate.foot"),
        }
    )


def _is_stock(state: RunState) -> bool:
    """Whether the merge runs with the settings that the other methods have."""
    return all(donor.density is None and donor.scale == 1 for donor in state.spec.donors)


def _was_compared(state: RunState) -> bool:
    """Whether there was anything that the merge of this turn could lose against."""
    return any(skill.rivals for skill in state.compared)


def _compared(state: RunState | None, session: Session) -> dict[str, Any]:
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
    shown = {score.model for score in _scores(state, session.full).values()}
    return "merged" in shown and bool(shown & {"base", *(d.name for d in state.spec.donors)})


def items(state: RunState | None, session: Session) -> dict[str, Any]:
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


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Evaluate screen."""
    lang = session.lang
    known_labels = labels(state) if state is not None else []
    idle = state is not None and state.mergeable and not busy(state) and bool(state.skills)
    held_back = sum(skill.items for skill in state.skills) if state is not None else 0
    first = [m for m in known_labels if m not in baselines() or m == "linear"]
    lines = []
    if state is not None and not state.skills:
        lines.append(t(lang, "evaluate.no_sets"))
    elif state is not None and not state.turn:
        lines.append(t(lang, "evaluate.nothing_merged"))
    return {
        "which": {
            "choices": [(model_label(lang, m), m) for m in known_labels],
            "value": first,
            "interactive": idle,
        },
        "full": {
            "choices": [
                (t(lang, "evaluate.quick", n=QUICK_ITEMS), False),
                (t(lang, "evaluate.full", n=held_back), True),
            ],
            "value": session.full,
            "visible": held_back > 0,
        },
        "evaluate": {"interactive": idle},
        "evaluate_note": note(lines, "quiet"),
        "scores": table(state, session),
        "items_note": _compared(state, session),
        "items": items(state, session),
        **chat.paint(state, session),
    }
