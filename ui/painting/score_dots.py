"""The scoreboard as a picture: a dot and its interval for each model, a panel a skill."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.board import Board
from ui.painting.past_turns import row_name
from ui.painting.saving import saving
from ui.painting.scoreboard import figure
from ui.painting.skills import skill_title
from ui.painting.wording import blank, percent, stamped
from ui.session import Session

_STEPS = 4


def _axis(found: list[tuple[float, float, float]], unit: str) -> dict[str, Any]:
    """0 to 100 % for shares, else from the lowest end of an interval to the highest."""
    low, high = 0.0, 1.0
    if unit != "share":
        low, high = min(x[1] for x in found), max(x[2] for x in found)
        high = high if high > low else low + 1
    at = [low + (high - low) * i / _STEPS for i in range(0, _STEPS + 1, 2)]
    texts = [percent(x, 0) if unit == "share" else figure(x, unit) for x in at]
    return {"low": low, "high": high, "ticks": [[x, s] for x, s in zip(at, texts, strict=True)]}


def _panel(
    name: str, unit: str, models: list[str], found: dict[str, tuple[float, float, float]]
) -> dict[str, Any]:
    points = [
        None
        if m not in found
        else {
            "at": found[m],
            "text": f"{figure(found[m][0], unit)} ({figure(found[m][1], unit)} – "
            f"{figure(found[m][2], unit)})",
        }
        for m in models
    ]
    return {"name": name, "points": points, **_axis(list(found.values()), unit)}


def _panels(board: Board, lang: str, models: list[str]) -> list[dict[str, Any]]:
    panels = []
    for skill in board.skills:
        scores = {m: s for m in models if (s := board.scores.get((skill.id, m))) is not None}
        unit = next(iter(scores.values())).unit
        found = {m: (s.score, s.low, s.high) for m, s in scores.items()}
        panels.append(_panel(skill_title(lang, skill), unit, models, found))
    means = {
        m: (overall.score.value, overall.score.low, overall.score.high)
        for m in models
        if (overall := board.standings.get(("", m))) is not None and overall.score is not None
    }
    if means and len(board.skills) > 1:
        panels.append(_panel(t(lang, "evaluate.mean"), "share", models, means))
    return panels


def dots(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ScoreDots."""
    lang = session.lang
    board = Board(state, session) if state is not None else None
    if state is None or board is None or not board.models:
        return blank("", "hidden")
    models = [model for _, group in board.groups() for model in group]
    slots = {donor.name: i for i, donor in enumerate(state.spec.donors)}
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": board.caption(session),
            "note": t(lang, "evaluate.dots_note"),
            "corner": t(lang, "evaluate.model"),
            "rows": [
                {
                    "name": row_name(state, lang, model),
                    "slot": slots.get(model),
                    "strong": model == "merged",
                }
                for model in models
            ],
            "panels": _panels(board, lang, models),
            "missing": t(lang, "evaluate.missing"),
            "save": saving(lang, state, board.caption(session), "dots"),
            "lang": lang,
        }
    )
