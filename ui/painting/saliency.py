"""The Saliency screen: texts, estimator, heatmap, and the look inside one tensor."""

from typing import Any

from obim import DonorSaliency, RunState, TensorSaliency, measuring_seconds
from ui.i18n import t
from ui.painting import cell, wording
from ui.painting.frame import busy, has_saliency
from ui.painting.methods import estimator_label, estimators, needs_texts
from ui.painting.saving import columns, saving
from ui.painting.texts import tried, tried_spec
from ui.painting.wording import MAX_DONORS, blank, duration, known, note, percent, stamped
from ui.session import Session

MEASURES = ("change", "top10", "survival")


def source_of(calibration: str | None) -> str:
    """Kind of source that a spec's ``calibration`` names."""
    if calibration is None:
        return "none"
    if calibration == "self":
        return "self"
    return "bundled" if calibration.startswith("demo:") else "file"


def _sources(state: RunState | None, session: Session) -> dict[str, Any]:
    lang = session.lang
    shown: dict[str, Any] = {}
    texts = tried(state, session) if state is not None else []
    for i in range(MAX_DONORS):
        there = state is not None and i < len(state.spec.donors)
        kinds = ["file", "self", "none"]
        if state is not None and there and state.spec.donors[i].source.startswith("demo:"):
            kinds.insert(0, "bundled")
        kind = source_of(texts[i]) if there else "none"
        shown[f"place{i}"] = {"visible": there}
        shown[f"source{i}"] = {
            "label": state.spec.donors[i].name if state is not None and there else "",
            "choices": [(t(lang, f"saliency.source.{k}"), k) for k in kinds],
            "value": kind,
            "interactive": not busy(state),
        }
        shown[f"file{i}"] = {"visible": there and kind == "file"}
    return shown


def _file_help(state: RunState | None, session: Session) -> dict[str, Any]:
    """What a file of one's own has to look like, where one is to be given."""
    texts = tried(state, session) if state is not None else []
    wanted = any(source_of(calibration) == "file" for calibration in texts)
    return note([t(session.lang, "saliency.file_help")] if wanted else [], "quiet")


def _warning(state: RunState | None, session: Session) -> dict[str, Any]:
    if state is None:
        return note([])
    lang = session.lang
    estimator = session.estimator or state.spec.estimator
    without = [
        d.name for d, c in zip(state.spec.donors, tried(state, session), strict=True) if not c
    ]
    lines = []
    if without and needs_texts(estimator):
        lines.append(t(lang, "saliency.needs_texts", donors=", ".join(without)))
    elif not needs_texts(estimator):
        lines.append(t(lang, "saliency.no_texts_used"))
    if has_saliency(state) and changed(state, session):
        lines.append(t(lang, "saliency.stale"))
    return note(lines, "warn")


def changed(state: RunState, session: Session) -> bool:
    """Whether the screen asks for something else than what was computed."""
    old = [donor.calibration for donor in state.spec.donors]
    other = session.estimator is not None and session.estimator != state.spec.estimator
    more = session.tokens is not None and session.tokens != state.spec.calibration_tokens
    return tried(state, session) != old or other or more


def _value(entry: TensorSaliency, measure: str) -> float:
    value = {"change": entry.change, "top10": entry.top10, "survival": entry.survival}[measure]
    return 0.0 if value is None else value


def _measures(donor: DonorSaliency) -> tuple[str, ...]:
    """What the colour can show: survival only once it was measured."""
    return tuple(m for m in MEASURES if m != "survival" or donor.survival is not None)


def _measure(donor: DonorSaliency, session: Session) -> str:
    return session.measure if session.measure in _measures(donor) else MEASURES[0]


def _shade(entry: TensorSaliency, measure: str, top: float) -> dict[str, Any]:
    value = _value(entry, measure)
    scaled = min(value / top, 1.0) if top > 0 else 0.0
    return {"v": scaled, "text": percent(value, 2 if top < 0.1 else 1), "tensor": entry.tensor}


def _layout(tensors: tuple[TensorSaliency, ...], measure: str, top: float) -> dict[str, list[Any]]:
    """Layers down, modules across; of a weight and its bias the one that changed more."""
    places: dict[tuple[int, str], TensorSaliency] = {}
    for entry in tensors:
        if entry.layer is not None:
            place = (entry.layer, entry.module)
            if place not in places or entry.change > places[place].change:
                places[place] = entry
    modules = list(dict.fromkeys(module for _, module in places))
    rows = [
        {
            "label": str(layer),
            "cells": [
                _shade(places[layer, m], measure, top) if (layer, m) in places else None
                for m in modules
            ],
        }
        for layer in sorted({layer for layer, _ in places})
    ]
    extra = [
        {"label": entry.module, **_shade(entry, measure, top)}
        for entry in tensors
        if entry.layer is None
    ]
    return {"cols": modules, "rows": rows, "extra": extra}


def grid(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the SaliencyGrid for the chosen donor."""
    lang = session.lang
    if state is None or not has_saliency(state):
        if state is not None and busy(state) and state.job and state.job.kind == "calibrate":
            return blank(t(lang, "saliency.computing"), "loading")
        return blank(t(lang, "saliency.empty"))
    donor = state.saliency[min(session.donor, len(state.saliency) - 1)]
    measure = _measure(donor, session)
    high = max((_value(e, measure) for e in donor.tensors), default=0.0)
    top = high if measure == "change" else 1.0
    name, place = state.spec.donors[session.donor].name, f"{session.donor + 1}-{measure}"
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "saliency.grid", donor=name),
            "hint": t(lang, "saliency.hint"),
            "corner": t(lang, "saliency.layer"),
            **_layout(donor.tensors, measure, top),
            "selected": session.tensor,
            "top": top,
            "save": saving(lang, state, t(lang, "saliency.grid", donor=name), f"saliency-{place}"),
            "columns": [
                *columns(lang, "layer", "module", "tensor"),
                t(lang, f"saliency.measure.{measure}"),
            ],
            "legend": {
                "low": "0 %",
                "high": percent(top, 2 if top < 0.1 else 0),
                "text": t(lang, f"saliency.colour.{measure}"),
            },
        }
    )


def _facts(state: RunState | None, session: Session) -> dict[str, Any]:
    if state is None or not has_saliency(state):
        return note([])
    lang, donor = session.lang, state.saliency[session.donor]
    texts = {"texts": donor.texts, "tokens": f"{donor.tokens:,}"}
    lines = [t(lang, f"saliency.measured.{donor.source}", **texts)]
    if donor.survival is not None and donor.norm_kept is not None:
        kept = {"share": percent(donor.survival), "norm": percent(donor.norm_kept)}
        dtype = wording.number_format(lang, state.spec.dtype)
        lines.append(t(lang, "saliency.survival", dtype=dtype, **kept))
    if donor.seconds is not None:
        lines.append(t(lang, "saliency.took", time=duration(lang, donor.seconds)))
    if donor.missing:
        lines.append(t(lang, "saliency.missing", n=len(donor.missing)))
    return note(lines)


def _seconds(state: RunState | None, session: Session, estimator: str) -> float | None:
    """What measuring all donors will take; None where no pace is known."""
    if state is None:
        return None
    return measuring_seconds(state, tried_spec(state, session, estimator))


def _priced(state: RunState | None, session: Session, estimator: str) -> str:
    """An estimator's name with what it takes, or that it is measured."""
    lang, label = session.lang, estimator_label(session.lang, estimator)
    seconds = _seconds(state, session, estimator)
    if state is None or not seconds:
        return label
    measured = {donor for donor, name in state.trust.measured if name == estimator}
    same = tried_spec(state, session, estimator) == tried_spec(state, Session(), estimator)
    if same and measured >= {donor.name for donor in state.spec.donors}:
        return t(lang, "saliency.measured_label", label=label)
    return t(lang, "saliency.takes", label=label, time=duration(lang, seconds))


def _about(state: RunState | None, session: Session, estimator: str) -> dict[str, Any]:
    lines = [known(session.lang, f"saliency.about.{estimator}", "")]
    if any(_seconds(state, session, name) for name in estimators()):
        lines.append(t(session.lang, "saliency.takes_all"))
    if state is not None and session.tokens is not None:
        lines.append(t(session.lang, "saliency.tokens_tried", tokens=f"{session.tokens:,}"))
    return note(lines, "quiet")


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Saliency screen."""
    lang = session.lang
    estimator = session.estimator or (state.spec.estimator if state is not None else "layerwise")
    donors = state.spec.donors if state is not None else ()
    shown = state.saliency[session.donor] if state is not None and has_saliency(state) else None
    return {
        **_sources(state, session),
        "estimator": {
            "choices": [(_priced(state, session, e), e) for e in estimators()],
            "value": estimator,
            "interactive": not busy(state),
        },
        "estimator_note": _about(state, session, estimator),
        "file_help": _file_help(state, session),
        "source_warning": _warning(state, session),
        "compute": {"interactive": state is not None and state.mergeable and not busy(state)},
        "donor": {
            "choices": [(donor.name, i) for i, donor in enumerate(donors)],
            "value": session.donor,
            "visible": shown is not None,
        },
        "measure": {
            "choices": [
                (t(lang, f"saliency.measure.{m}"), m)
                for m in (_measures(shown) if shown is not None else MEASURES)
            ],
            "value": _measure(shown, session) if shown is not None else session.measure,
            "visible": shown is not None,
        },
        "grid": grid(state, session),
        **cell.paint(state, session),
        "saliency_facts": _facts(state, session),
    }
