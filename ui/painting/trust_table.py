"""The table of estimates: which of them ranks the weights of a donor as the truth does."""

from typing import Any

from obim import Agreement, LayerTrust, RunState, TrustState
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.methods import estimator_label
from ui.painting.saving import saving
from ui.painting.trust_charts import measured_of
from ui.painting.wording import blank, stamped, tenths
from ui.session import Session


def _right(found: Agreement) -> dict[str, Any]:
    if found.right is None or found.low is None or found.high is None:
        return {"score": None}
    return {
        "score": tenths(found.right),
        "interval": f"{tenths(found.low)} – {tenths(found.high)}",
    }


def _rho(lang: str, layer: LayerTrust | None) -> dict[str, Any]:
    if layer is None or layer.agreement.spearman is None:
        return {"score": None}
    rho = f"{layer.agreement.spearman:.2f}".replace("-", "−")
    return {"score": rho, "interval": t(lang, "trust.cell.bands", n=layer.agreement.count)}


def _row(lang: str, one: TrustState, layers: list[int], shown: str) -> dict[str, Any]:
    by = {layer.layer: layer for layer in one.layers}
    return {
        "name": estimator_label(lang, one.estimator),
        "note": t(lang, "trust.shown") if one.estimator == shown else "",
        "strong": one.estimator == shown,
        "cells": [_right(one.agreement), *(_rho(lang, by.get(n)) for n in layers)],
    }


def _csv(lang: str, found: list[TrustState]) -> str:
    lines = ["estimate,layer,spearman,kendall,bands"]
    for one in found:
        name = estimator_label(lang, one.estimator)
        for layer in one.layers:
            known = layer.agreement
            lines.append(f'"{name}",{layer.layer},{known.spearman},{known.kendall},{known.count}')
    return "".join(f"{line}\r\n" for line in lines)


def table(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the table: estimates down, layers across."""
    lang, found = session.lang, measured_of(state, session)
    if state is None or not found:
        key = "trust.empty"
        if state is not None and busy(state) and state.job and state.job.kind == "trust":
            return blank(t(lang, "trust.computing"), "loading")
        return blank(t(lang, key))
    layers = sorted({layer.layer for one in found for layer in one.layers})
    shown = shown_of(state, session) if len(found) > 1 else ""
    rows = [_row(lang, one, layers, shown) for one in found]
    columns = [
        {"name": t(lang, "trust.column.right"), "note": t(lang, "trust.column.right_note")},
        *({"name": t(lang, "trust.column.layer", n=n), "note": t(lang, "trust.column.rho")}
          for n in layers),
    ]  # fmt: skip
    title = t(lang, "trust.table")
    return stamped(
        {
            "state": "ready",
            "message": "",
            "caption": title,
            "corner": t(lang, "trust.corner"),
            "columns": columns,
            "groups": [{"name": "", "rows": rows}],
            "best_text": "",
            "missing": t(lang, "trust.not_measured"),
            "foot": t(lang, "trust.foot"),
            "save": {
                **saving(lang, state, title, f"trust-{session.donor + 1}"),
                "text": _csv(lang, found),
            },
        }
    )


def shown_of(state: RunState | None, session: Session) -> str:
    """The estimator whose points are shown: the one chosen, else the run's own, else the first."""
    names = [one.estimator for one in measured_of(state, session)]
    own = state.spec.estimator if state is not None else ""
    for name in (session.trust.get("shown"), own, *names):
        if name in names:
            return str(name)
    return ""
