"""A table of settings side by side: what each would come to, and how two of them differ."""

import csv
import io
from typing import Any

from obim import DonorPrediction, MergeSpec, RunState, WhatIfState
from ui.i18n import t
from ui.painting.frame import has_saliency
from ui.painting.saving import saving
from ui.painting.what_if import PINS, donor_of, figures, order_text, pinned, supposed
from ui.painting.wording import MAX_DONORS, blank, note, percent, signed, stamped
from ui.session import Session


def settings_text(lang: str, spec: MergeSpec) -> dict[str, str]:
    """Settings in words: what is set -> how."""
    rotates = t(lang, "what_if.rotates" if spec.rotate else "what_if.fixed")
    return {
        t(lang, "what_if.order"): order_text([d.name for d in spec.donors]),
        t(lang, "merge.rounds"): f"{spec.rounds} · {rotates}",
        t(lang, "merge.scope"): t(lang, f"merge.scope.{spec.scope}"),
    }


def _cell(text: str, small: str = "", verdict: str = "", tone: str = "unclear") -> dict[str, Any]:
    return {"score": text, "interval": small, "verdict": verdict, "tone": tone, "arrow": None}


def _donor_cells(
    lang: str, spec: MergeSpec, own: DonorPrediction | None, name: str, total: int
) -> list[dict[str, Any]]:
    """Density and scale, positions, predicted loss, contested saliency of one donor."""
    k = [d.name for d in spec.donors].index(name)
    set_to = _cell(f"{percent(spec.density_of(k))} × {spec.donors[k].scale:g}")
    if own is None:
        return [set_to, *({"score": None},) * 3]
    rise = "" if own.rise is None else t(lang, "what_if.rise", rise=f"{own.rise:.3g}")
    away = t(lang, "what_if.away", share=percent(own.contested_lost))
    scale = spec.donors[k].scale
    unscaled = "" if scale == 1.0 else "⚠ " + t(lang, "what_if.unscaled", scale=f"{scale:g}")
    return [
        set_to,
        _cell(percent(own.positions / max(total, 1))),
        _cell(percent(own.lost), rise, unscaled, "warn"),
        _cell(percent(own.contested), away),
    ]


_ROWS = ("what_if.density_scale", "what_if.positions", "what_if.lost", "what_if.contested")


def _meant(lang: str, key: str) -> dict[str, str]:
    """What a row's name means: in short below it, in full where it is pointed at."""
    if key != "what_if.lost":
        return {}
    return {"note": t(lang, "what_if.given_up_note"), "tip": t(lang, "what_if.given_up_tip")}


def _differences(
    lang: str, a: DonorPrediction | None, b: DonorPrediction | None, total: int
) -> list[dict[str, Any]]:
    """B minus A in points, in the order of `_ROWS`."""
    if a is None or b is None:
        return [_cell("")] * len(_ROWS)
    gaps = [(b.positions - a.positions) / max(total, 1), b.lost - a.lost]
    gaps.append(b.contested - a.contested)
    return [_cell(""), *(_cell(t(lang, "what_if.points", n=signed(100 * gap))) for gap in gaps)]


def _scaled(state: RunState, session: Session) -> dict[str, Any]:
    """Beside the figures: what a scale does is no part of them."""
    specs = [supposed(state, session), *pinned(state, session).values()]
    scaled = any(donor.scale != 1.0 for spec in specs for donor in spec.donors)
    return note([t(session.lang, "what_if.scale_note")] if scaled else [], "warn")


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The table, and a warning above it."""
    if state is None or not has_saliency(state):
        return {"wi_table": blank(t(session.lang, "what_if.none")), "wi_scaled": note([])}
    return {"wi_table": _table(state, session), "wi_scaled": _scaled(state, session)}


def _table(state: RunState, session: Session) -> dict[str, Any]:
    """The settings being tried, A and B, and what B has more than A."""
    lang, total = session.lang, sum(state.group_sizes)
    specs = {"now": supposed(state, session), **pinned(state, session)}
    found = {k: figures(state, session, spec) for k, spec in specs.items()}
    both = all(pin in specs for pin in PINS)
    columns = [
        {"name": t(lang, f"what_if.column.{k}"), "note": _source(lang, found[k])} for k in specs
    ]
    if both:
        columns.append({"name": t(lang, "what_if.column.difference"), "note": ""})
    words = [settings_text(lang, spec) for spec in specs.values()]
    blank_cell = [_cell("")] if both else []
    groups = [
        {
            "name": "",
            "rows": [
                {"name": what, "cells": [*(_cell("", w[what]) for w in words), *blank_cell]}
                for what in words[0]
            ],
        }
    ]
    for donor in state.spec.donors[:MAX_DONORS]:
        own = {k: donor_of(found[k], donor.name) for k in specs}
        cells = [_donor_cells(lang, spec, own[k], donor.name, total) for k, spec in specs.items()]
        if both:
            cells.append(_differences(lang, own["a"], own["b"], total))
        rows = [
            {"name": t(lang, key), **_meant(lang, key), "cells": [column[i] for column in cells]}
            for i, key in enumerate(_ROWS)
        ]
        groups.append({"name": donor.name, "rows": rows})
    return stamped(
        {
            "state": "ready", "message": "", "caption": t(lang, "what_if.table"),
            "corner": t(lang, "what_if.corner"), "columns": columns, "groups": groups,
            "best_text": "", "missing": t(lang, "evaluate.missing"), "foot": "",
            "save": saved(lang, state, t(lang, "what_if.table"), "what-if", columns, groups),
        }
    )  # fmt: skip


def saved(  # noqa: PLR0917  (as a table is drawn)
    lang: str,
    state: RunState,
    what: str,
    file: str,
    columns: list[dict[str, Any]],
    groups: list[dict[str, Any]],
) -> dict[str, Any]:
    """The part ``save`` of a ScoreTable's value: the same table as CSV."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["", "", *(column["name"] for column in columns)])
    for group in groups:
        for row in group["rows"]:
            texts = [
                " ".join(filter(None, map(cell.get, ("score", "interval", "verdict"))))
                for cell in row["cells"]
            ]
            lines.writerow([group["name"], row["name"], *texts])
    return {**saving(lang, state, what, file), "text": out.getvalue()}


def _source(lang: str, found: WhatIfState | None) -> str:
    if found is None:
        return ""
    return t(lang, "what_if.is_exact" if found.exact else "what_if.is_preview")
