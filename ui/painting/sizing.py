"""How many texts are enough: what is to be read, the curve, and what it means."""

from typing import Any

from obim import Converge, ConvergenceState, RunState, converge_seconds, enough
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.methods import estimator_label, estimators, needs_texts
from ui.painting.saving import saving
from ui.painting.wording import blank, duration, note, percent, stamped
from ui.session import Session

SHARE = 5
"""Per cent that may change, unless another is chosen."""
FIRST = 8


def share_of(session: Session) -> float:
    """The share that may change, 0..1."""
    return int(session.trust.get("share", SHARE)) / 100


def _names() -> list[str]:
    return [name for name in estimators() if needs_texts(name)]


def estimator_of(state: RunState, session: Session) -> str:
    """The estimator that texts are read for: the one chosen, else the run's own, else the first."""
    chosen = session.trust.get("sizing", state.spec.estimator)
    return str(chosen) if chosen in _names() else _names()[0]


def job_of(state: RunState, session: Session, layers: tuple[int, ...]) -> Converge:
    """What the button asks for."""
    return Converge(session.donor, estimator_of(state, session), layers, share_of(session))


def found_of(state: RunState | None, session: Session) -> ConvergenceState | None:
    """What was found of the donor that is shown, by the estimator that is chosen."""
    if state is None or session.donor >= len(state.spec.donors):
        return None
    own = state.spec.donors[session.donor].name, estimator_of(state, session)
    return next((s for s in state.trust.sizes if (s.donor, s.estimator) == own and s.curve), None)


def use_of(state: RunState | None, session: Session) -> tuple[int, int] | None:
    """(texts, tokens) that are enough by the share on the screen; None where that is not known."""
    found = found_of(state, session)
    if found is None:
        return None
    n = enough(found.curve, share_of(session))
    if n is None:
        return None
    return n, found.tokens[[size.texts for size in found.curve].index(n)]


def _words(state: RunState | None, session: Session) -> dict[str, Any]:
    found = found_of(state, session)
    if found is None:
        return note([])
    lang, use = session.lang, use_of(state, session)
    places = {size.texts: size for size in found.curve}
    last = places[use[0]] if use is not None else found.curve[-1]
    key = "enough" if use is not None else "more" if last.texts >= found.there else "not_yet"
    told: dict[str, Any] = {"n": last.texts, "change": percent(last.change)}
    told["density"] = percent(found.density, 0)
    if key != "enough":
        told["there"] = found.there
    lines = [t(lang, f"size.{key}", **told)]
    if found.density >= 1:
        lines = [t(lang, "size.whole")]
    if use is not None and found.density < 1:
        lines.append(t(lang, "size.use_note", tokens=f"{use[1]:,}"))
    lines.append(t(lang, "size.how", time=duration(lang, found.seconds)))
    return note(lines)


def curve(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Curves: texts -> share of the top set that changes."""
    lang, found = session.lang, found_of(state, session)
    if state is None or found is None:
        return blank(t(lang, "size.empty", n=FIRST))
    share = share_of(session)
    highest = max(share, *(size.high for size in found.curve))
    title = t(lang, "size.curve", donor=found.donor)
    points = [[size.texts, size.change, size.low, size.high] for size in found.curve]
    name = estimator_label(lang, found.estimator)
    use = use_of(state, session)
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": title,
            "label": title,
            "x_label": t(lang, "size.texts"),
            "y_label": t(lang, "size.change"),
            "turns": found.curve[-1].texts,
            "top": min(1.0, -(-highest * 105 // 5) * 0.05),
            "current": use[0] if use is not None else None,
            "current_text": str(use[0]) if use is not None else "",
            "base_text": t(lang, "size.dashed"),
            "series": [{"name": name, "slot": session.donor % 8, "points": points, "base": share}],
            "table": t(lang, "page.table"),
            "save": saving(lang, state, title, f"texts-{session.donor + 1}"),
            "columns": [
                t(lang, "trust.corner"), t(lang, "size.texts"), t(lang, "size.change"), "5 %",
                "95 %", t(lang, "size.share"),
            ],
        }
    )  # fmt: skip


def paint(state: RunState | None, session: Session, can: bool) -> dict[str, Any]:
    """Everything below the heading.

    Args:
        can: texts may be read now.
    """
    lang, use = session.lang, use_of(state, session)
    takes = None
    if state is not None:
        takes = converge_seconds(state, job_of(state, session, ()))
    said = t(lang, "trust.takes_unknown")
    if takes is not None:
        said = t(lang, "size.takes", time=duration(lang, takes))
    tokens = use[1] if use is not None else None
    now = (session.tokens or state.spec.calibration_tokens) if state is not None else None
    return {
        "size_estimator": {
            "choices": [(estimator_label(lang, name), name) for name in _names()],
            "value": estimator_of(state, session) if state is not None else None,
            "interactive": not busy(state),
        },
        "size_share": {"value": int(session.trust.get("share", SHARE))},
        "size_cost": note([said] if state is not None else [], "quiet"),
        "size_run": {"interactive": can},
        "size_words": _words(state, session),
        "size_curve": curve(state, session),
        "size_use": {
            "value": t(lang, "size.use", n=use[0]) if use is not None else "",
            "visible": tokens is not None and tokens != now,
            "interactive": not busy(state),
        },
    }
