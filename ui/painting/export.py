"""The Export screen: what is about to be written, what was, and how it was checked."""

from typing import Any

from obim import ExportState, RunState
from ui.i18n import said, t
from ui.painting.frame import busy
from ui.painting.methods import estimator_label, needs_texts
from ui.painting.wording import blank, note, size, stamped
from ui.session import Session


def snippet(path: str) -> str:
    """Three lines that use the folder in plain transformers."""
    return (
        "from transformers import pipeline\n"
        f'ask = pipeline("text-generation", {path!r})\n'
        'print(ask([{"role": "user", "content": "Hello"}])[0]["generated_text"][-1]["content"])'
    )


def _result(lang: str, done: ExportState) -> dict[str, Any]:
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": done.name,
            "path_label": t(lang, "export.path"),
            "path": done.path,
            "files_label": t(lang, "export.file"),
            "size_label": t(lang, "export.size"),
            "files": [[name, size(n)] for name, n in done.files.items()],
            "checks_label": t(lang, "export.checks"),
            "checks": [
                {
                    "ok": done.identical,
                    "text": t(lang, "export.same" if done.identical else "export.not_same"),
                },
                {"ok": True, "text": t(lang, "export.hash", hash=done.content_hash[:16])},
            ],
            "ok": t(lang, "export.passed"),
            "wrong": t(lang, "export.failed"),
            "snippet_label": t(lang, "export.use"),
            "snippet": snippet(done.path),
            "copy": t(lang, "page.copy"),
            "copied": t(lang, "page.copied"),
        }
    )


def result(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ResultBox: the latest export of this run."""
    lang = session.lang
    job = state.job if state is not None else None
    if job is not None and job.kind == "export" and busy(state):
        return blank(t(lang, "export.writing"), "running")
    if job is not None and job.kind == "export" and job.status == "failed":
        return blank(said(lang, job.error), "failed")
    if state is None or not state.exports:
        return blank(t(lang, "export.empty"))
    return _result(lang, state.exports[-1])


def _warnings(state: RunState | None, lang: str) -> list[str]:
    if state is None or not state.turn:
        return []
    lines = []
    if state.turn < state.spec.turns:
        lines.append(t(lang, "export.unfinished", turn=state.turn, turns=state.spec.turns))
    if not any(s.model == "merged" and s.turn == state.turn for s in state.scores):
        lines.append(t(lang, "export.unevaluated"))
    if not needs_texts(state.spec.estimator):
        lines.append(
            t(lang, "export.no_texts", estimator=estimator_label(lang, state.spec.estimator))
        )
    return lines


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Export screen."""
    lang = session.lang
    ready = state is not None and state.turn > 0 and not busy(state)
    return {
        "export_dtype": {"value": state.spec.dtype if state is not None else "bfloat16"},
        "export_warnings": note(_warnings(state, lang), "warn"),
        "write": {"interactive": ready},
        "result": result(state, session),
    }
