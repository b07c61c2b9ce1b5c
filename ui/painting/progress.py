"""The job bar: what is under way, or how the last job of the screen ended."""

from typing import Any

from obim import JobState, RunState
from ui.i18n import said, t
from ui.painting import gates
from ui.painting.frame import SCREENS, busy
from ui.painting.methods import estimator_label, model_label
from ui.painting.skills import skill_title
from ui.painting.wording import known, left, stamped
from ui.session import Session

_BAR = {
    "waiting": "running",
    "running": "running",
    "done": "done",
    "stopped": "interrupted",
    "failed": "failed",
    "interrupted": "interrupted",
}
_SCREEN_OF = {
    "check": "models",
    "download": "models",
    "look_up": "models",
    "calibrate": "saliency",
    "explore": "explore",
    "trust": "saliency",
    "converge": "saliency",
    "advance": "merge",
    "back": "merge",
    "evaluate": "evaluate",
    "tune": "evaluate",
    "export": "export",
    "add_set": "evaluate",
    "remove_set": "evaluate",
    "reckon": "explore",
    "try_orders": "explore",
    "score_orders": "explore",
}


def _resting(label: str, state: str, text: str, detail: str = "") -> dict[str, Any]:
    """A bar with words only."""
    words = {"text": text, "percent": None, "left": "", "detail": detail}
    return stamped({"state": state, "label": label, **words})


def _title(lang: str, state: RunState, job: JobState) -> str:
    """The job and its state in words: after turns, where the merge stands."""
    turns = {"turn": state.turn, "turns": state.spec.turns}
    if job.kind == "advance" and job.status in ("done", "stopped"):
        return t(lang, f"job.advance_{job.status}", **turns)
    if job.kind == "advance" and job.status == "running" and job.phase.startswith("evaluate"):
        return t(lang, "job.advance_scoring")
    if job.kind == "back" and job.status == "done":
        return t(lang, "job.back_done" if state.turn else "job.reset_done", **turns)
    return f"{t(lang, f'job.{job.kind}')}: {t(lang, f'job.{job.status}')}"


def _detail(lang: str, state: RunState, job: JobState) -> str:
    """Phase and what is in hand, by the names that the screens use."""
    if job.status == "waiting":
        return t(lang, "waits.worker")
    phase = known(lang, f"phase.{job.phase}", job.phase) if job.phase else ""
    what = job.detail
    if job.phase.startswith("evaluate") and " · " in what:
        model, skill = what.rsplit(" · ", 1)
        titles = {s.id: skill_title(lang, s) for s in state.skills}
        what = f"{model_label(lang, model)} · {titles.get(skill, skill)}"
    elif job.phase == "take_out" and what.count(" · ") >= 2:
        donor, estimator, layer = what.rsplit(" · ", 2)
        named = t(lang, "trust.column.layer", n=layer)
        what = " · ".join((donor, estimator_label(lang, estimator), named))
    elif what == "base":
        what = model_label(lang, what)
    return " · ".join(part for part in (phase, what) if part)


def jobbar(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the JobBar: the job in hand, the last refusal, or how this screen's job ended."""
    lang = session.lang
    label = t(lang, "job.label")
    if session.error and not busy(state):
        return _resting(label, "failed", t(lang, "job.refused"), session.error)
    job = state.job if state is not None else None
    if state is None or job is None or (job.kind == "reckon" and job.status != "failed"):
        return _resting(label, "idle", "")  # the section itself says how far its figures are
    if _BAR[job.status] != "running":
        if _SCREEN_OF[job.kind] != SCREENS[session.screen]:
            return _resting(label, "idle", "")
        gone = job.status == "interrupted"
        why = t(lang, "job.interrupted_why") if gone else said(lang, job.error)
        if state.paused is not None and job.kind == "advance" and job.status == "done":
            return _resting(label, "interrupted", *gates.paused(state, session))
        return _resting(label, _BAR[job.status], _title(lang, state, job), why)
    begun = job.fraction > 0 or job.phase.startswith("evaluate")  # whose first items take long
    return stamped(
        {
            "state": "running",
            "label": label,
            "text": _title(lang, state, job),
            "percent": round(100 * job.fraction, 1) if begun else None,
            "left": left(lang, job.seconds_left),
            "detail": _detail(lang, state, job),
        }
    )


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The row with job bar and Stop, which is there only where one of them has something to say."""
    bar, stoppable = jobbar(state, session), busy(state) or session.blocked
    return {
        "jobbar": bar,
        "stop": {"visible": stoppable},
        "job_row": {"visible": stoppable or bar["state"] != "idle"},
    }
