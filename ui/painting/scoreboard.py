"""The scoreboard: a row a model, a column a skill, and the same as a picture."""

from typing import Any

from obim import RunState, VerdictState, past_turn, scores_csv
from ui.i18n import t
from ui.painting.board import Board
from ui.painting.contestants import ablation_labels, switched_labels
from ui.painting.frame import busy
from ui.painting.methods import model_label
from ui.painting.past_turns import row_name
from ui.painting.retention import lacking
from ui.painting.saving import saving
from ui.painting.skills import skill_title
from ui.painting.wording import blank, percent, rounded, signed, stamped, test_and_interval_differ
from ui.session import Session

_GROUPS = {"past": "past_turns.group"}
"""Headings that have their sentence elsewhere."""


def said(lang: str, told: VerdictState, share: bool) -> str:
    """A verdict in words: better, worse, or how many items it would take to tell."""
    points = signed(100 * told.difference.value) if share else ""
    name = model_label(lang, told.model)
    if told.verdict != "unclear":
        return t(lang, f"evaluate.verdict.{told.verdict}", model=name, points=points).rstrip(" ,、")
    if told.needed is None or told.needed <= told.n:
        return t(lang, "evaluate.verdict.unclear", n=told.n)
    return t(lang, "evaluate.verdict.needs", n=told.n, needed=rounded(told.needed))


def _details(board: Board, lang: str, told: VerdictState, unit: str) -> str:
    """Difference with its unit, interval and p of a verdict, for who points at it."""
    ends = told.difference.low, told.difference.value, told.difference.high
    low, value, high = (
        signed(100 * x) if unit == "share" else f"{x:+.3g}".replace("-", "−") for x in ends
    )
    sides = {"model": told.model, "against": told.against}
    pair = {side: row_name(board.state, lang, model) for side, model in sides.items()}
    p = f"{told.p:.3f}" if told.p >= 0.001 else "< 0.001"
    value = f"{value} {t(lang, f'evaluate.difference.{unit}')}"
    details = t(lang, "evaluate.verdict.details", value=value, low=low, high=high, p=p, **pair)
    sure = test_and_interval_differ(told)
    return details + (t(lang, "evaluate.verdict.exact") if sure else "")


def figure(value: float, unit: str) -> str:
    """A score in its unit."""
    return percent(value) if unit == "share" else f"{value:.3g}"


def _range(low: float, high: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * low:.1f} – {100 * high:.1f}"
    return f"{low:.3g} – {high:.3g}"


def _cell(board: Board, lang: str, skill: str, model: str) -> dict[str, Any]:
    """One model on one skill."""
    score = board.scores.get((skill, model))
    if score is None:
        return {"score": None}
    standing = board.standings.get((skill, model))
    kept = standing.retention if standing is not None else None
    return {
        "score": figure(score.score, score.unit),
        "interval": _range(score.low, score.high, score.unit),
        "retention": t(lang, "evaluate.kept", share=percent(kept.value, 0))
        if kept is not None and board.is_merge(model)
        else "",
        "best": board.is_best(skill, model),
        **_judged(board, lang, skill, model, score.unit),
    }


def _judged(board: Board, lang: str, skill: str, model: str, unit: str) -> dict[str, Any]:
    """Arrow against the base, and the verdict of OBIM against this model."""
    change, told = board.change(skill, model), board.verdict(skill, model)
    found: dict[str, Any] = {"arrow": None, "arrow_text": "", "verdict": "", "verdict_text": ""}
    if change is not None:
        found["arrow"] = {"better": "up", "worse": "down", "unclear": "same"}[change.verdict]
        found["arrow_text"] = _details(board, lang, change, unit)
    if told is not None:
        found |= {"verdict": said(lang, told, unit == "share"), "tone": told.verdict}
        found["verdict_text"] = _details(board, lang, told, unit)
    return found


def _overall(board: Board, lang: str, model: str) -> list[dict[str, Any]]:
    """The mean score and the mean retention of one model."""
    standing = board.standings.get(("", model))
    mean, kept = (standing.score, standing.retention) if standing is not None else (None, None)
    cells: list[dict[str, Any]] = []
    for interval in (mean, kept):
        if interval is None:
            cells.append({"score": None})
            continue
        shown: dict[str, Any] = {"score": percent(interval.value)}
        shown["interval"] = _range(interval.low, interval.high, "share")
        if not cells:
            shown |= _judged(board, lang, "", model, "share")
            shown["best"] = board.is_best("", model)
        cells.append(shown)
    if kept is None and board.is_merge(model):
        donors = [donor.name for donor in board.state.spec.donors]
        cells[1]["why"] = lacking(lang, board.skills, board.scores, donors, model)
    return cells


def _columns(board: Board, lang: str) -> list[dict[str, str]]:
    heads = []
    for skill in board.skills:
        some = next(s for (name, _), s in board.scores.items() if name == skill.id)
        lines = t(lang, "evaluate.items", n=some.n, tokens=f"{some.mean_tokens:.0f}")
        if not some.higher_is_better:
            lines += t(lang, "page.comma") + t(lang, "evaluate.lower")
        heads.append({"name": skill_title(lang, skill), "note": lines})
    for key in ("mean", "mean_kept"):
        note = t(lang, f"evaluate.{key}_note")
        heads.append({"name": t(lang, f"evaluate.{key}"), "note": note})
    return heads


def _row_note(board: Board, lang: str, model: str) -> str:
    """What kind of model a row is."""
    state = board.state
    past = past_turn(model)
    if past is not None:
        return t(lang, "past_turns.note", turn=past, turns=state.spec.turns)
    if model == "merged":
        stock = all(donor.density is None and donor.scale == 1 for donor in state.spec.donors)
        key = "evaluate.stock_turn" if stock else "evaluate.tuned_turn"
        return t(lang, key, turn=state.turn, turns=state.spec.turns)
    if model in switched_labels(state):
        return t(lang, "switches.row", turn=state.turn, turns=state.spec.turns)
    if model in {donor.name for donor in state.spec.donors}:
        return t(lang, "models.donor")
    if model == "base" or model in ablation_labels(state):
        return ""
    tries = {f"{tuned.method}:tuned": tuned.tries for tuned in state.tuned}
    if model in tries:
        return t(lang, "evaluate.tries", n=tries[model])
    return t(lang, "evaluate.stock")


def _row(board: Board, lang: str, model: str) -> dict[str, Any]:
    cells = [_cell(board, lang, skill.id, model) for skill in board.skills]
    return {
        "name": row_name(board.state, lang, model),
        "note": _row_note(board, lang, model),
        "strong": model == "merged",
        "cells": cells + _overall(board, lang, model),
    }


def _foot(board: Board, lang: str) -> str:
    """What signs and words mean; and which of them counts where test and interval differ."""
    places = [(skill.id, model) for skill in board.skills for model in board.models]
    told = [one for place in places for one in (board.change(*place), board.verdict(*place))]
    odd = any(one is not None and test_and_interval_differ(one) for one in told)
    return t(lang, "evaluate.foot") + (t(lang, "evaluate.verdict.exact") if odd else "")


def table(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ScoreTable."""
    lang = session.lang
    board = Board(state, session) if state is not None else None
    if state is None or board is None or not board.models:
        if state is not None and busy(state) and state.job and state.job.kind == "evaluate":
            return blank(t(lang, "evaluate.running"), "loading")
        return blank(t(lang, "evaluate.empty"))
    return stamped(
        {
            "state": "ready",
            "message": "",
            "caption": board.caption(session),
            "corner": t(lang, "evaluate.model"),
            "columns": _columns(board, lang),
            "groups": [
                {
                    "name": t(lang, _GROUPS.get(key, f"evaluate.group.{key}")) if key else "",
                    "rows": [_row(board, lang, model) for model in models],
                }
                for key, models in board.groups()
            ],
            "best_text": t(lang, "evaluate.best"),
            "missing": t(lang, "evaluate.missing"),
            "foot": _foot(board, lang),
            "save": {
                **saving(lang, state, board.caption(session), "scores"),
                "text": scores_csv(state),
            },
        }
    )
