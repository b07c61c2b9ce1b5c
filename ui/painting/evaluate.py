"""The Evaluate screen: scores side by side, single items; two models on one prompt."""

from typing import Any

from obim import RunState, ScoreState
from ui.i18n import t
from ui.painting import chat, items
from ui.painting.budget import amount, amounts, takes
from ui.painting.frame import busy
from ui.painting.methods import baselines, model_label
from ui.painting.skills import scores_shown, skill_title
from ui.painting.wording import blank, note, percent, stamped
from ui.session import Session


def labels(state: RunState) -> list[str]:
    """Labels of the models that can be scored now, in the order they are shown."""
    merged = ["merged"] if state.turn else []
    return ["base", *(donor.name for donor in state.spec.donors), *baselines(), *merged]


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
    scores = scores_shown(state, session) if state is not None else {}
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
    lines += takes(state, session) if state is not None else []
    return {
        "which": {
            "choices": [(model_label(lang, m), m) for m in known_labels],
            "value": first,
            "interactive": idle,
        },
        "full": {
            "choices": amounts(lang, held_back),
            "value": amount(session),
            "visible": held_back > 0,
        },
        "evaluate": {"interactive": idle},
        "evaluate_note": note(lines, "quiet"),
        "scores": table(state, session),
        "kind": items.kinds(state, session),
        "items_note": items.compared(state, session),
        "items": items.paint(state, session),
        **chat.paint(state, session),
    }
