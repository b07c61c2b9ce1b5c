"""The Export screen: what is about to be written, what was, and how it was checked."""

from typing import Any

from obim import ExportState, RunState, usage
from ui.i18n import t
from ui.painting import gates
from ui.painting.frame import busy
from ui.painting.methods import estimator_label, needs_texts
from ui.painting.saving import saving
from ui.painting.wording import blank, note, size, stamped
from ui.session import Session


def _read_back(lang: str, done: ExportState) -> str:
    if not done.identical:
        return t(lang, "export.not_same")
    if not done.exact:
        return t(lang, "export.same_rounded", dtype=done.dtype)
    return t(lang, "export.same")


def _result(lang: str, state: RunState, done: ExportState) -> dict[str, Any]:
    spec = state.spec
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": t(lang, "export.title", name=done.name, turn=done.turn, turns=spec.turns),
            "path_label": t(lang, "export.path"),
            "path": done.path,
            "files_label": t(lang, "export.file"),
            "size_label": t(lang, "export.size"),
            "files": [[name, size(n)] for name, n in done.files.items()],
            "checks_label": t(lang, "export.checks"),
            "checks": [
                {"ok": done.identical, "text": _read_back(lang, done)},
                {"ok": True, "text": t(lang, "export.hash", hash=done.content_hash[:16])},
            ],
            "ok": t(lang, "export.passed"),
            "wrong": t(lang, "export.failed"),
            "snippet_label": t(lang, "export.use"),
            "snippet": usage(done.path, spec),
            "copy": t(lang, "page.copy"),
            "copied": t(lang, "page.copied"),
            "save": saving(lang, state, t(lang, "export.file"), "files"),
        }
    )


def result(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ResultBox: the latest export of this run; what failed, the job bar says."""
    lang = session.lang
    job = state.job if state is not None else None
    if job is not None and job.kind == "export" and busy(state):
        return blank(t(lang, "export.writing"), "running")
    if state is None or not state.exports:
        return blank(t(lang, "export.empty"))
    return _result(lang, state, state.exports[-1])


def _warnings(state: RunState | None, session: Session) -> list[str]:
    if state is None or not state.turn:
        return []
    lang, lines = session.lang, []
    if state.turn < state.spec.turns:
        lines.append(t(lang, "export.unfinished", turn=state.turn, turns=state.spec.turns))
    if not any(s.model == "merged" and s.turn == state.turn for s in state.scores):
        lines.append(t(lang, "export.unevaluated"))
    lines += gates.export_warnings(state, session)
    if not needs_texts(state.spec.estimator):
        lines.append(
            t(lang, "export.no_texts", estimator=estimator_label(lang, state.spec.estimator))
        )
    return lines


def _owner_map(state: RunState | None, lang: str) -> str:
    """What the map of owners is good for, and what it takes."""
    if state is None or not state.turn:
        return t(lang, "export.owner_map_later")
    return t(lang, "export.owner_map_info", size=size(state.owner_map_bytes))


def paint(state: RunState | None, session: Session, free_name: str) -> dict[str, Any]:
    """Everything on the Export screen.

    Args:
        free_name: of a folder that is not there yet.
    """
    ready = state is not None and state.turn > 0 and not busy(state)
    return {
        "export_name": {"value": free_name},
        "export_dtype": {"value": state.spec.dtype if state is not None else "bfloat16"},
        "owner_map": {"info": _owner_map(state, session.lang)},
        "export_turn": note(gates.export_lines(state, session)),
        "export_warnings": note(_warnings(state, session), "warn"),
        "write": {"interactive": ready},
        "result": result(state, session),
    }
