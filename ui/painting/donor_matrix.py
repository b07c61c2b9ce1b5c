"""Donors against donors: the chosen figure of every pair."""

from typing import Any

from obim import Comparison, InterferenceState, RunState
from ui.i18n import t
from ui.painting.facets import DIRECTED, Figure, Pair, Scale, facet_of, figure, scale_of, total
from ui.painting.saving import columns, saving
from ui.painting.wording import stamped
from ui.session import Session


def matrix(state: RunState, found: InterferenceState, session: Session) -> dict[str, Any]:
    """Value of the DonorMatrix: figures without direction once, in the lower triangle."""
    lang, facet, c = session.lang, facet_of(session), found.whole
    directed = facet in DIRECTED
    heads = [{"name": donor.name, "slot": k} for k, donor in enumerate(state.spec.donors)]
    figures = _figures(c, facet, lang)
    totals = [total(c, facet, a) for a in range(c.donors)] if directed else []
    scale = scale_of([*figures.values(), *totals], facet)
    rows = _rows(heads, figures, scale, lang, directed)
    cols: list[dict[str, Any]] = list(heads if directed else heads[:-1])
    if directed:
        cols.append({"name": t(lang, f"explore.total.{facet}"), "slot": None})
    for row, one in zip(rows, totals, strict=directed):
        row["cells"].append(_cell(one, scale, "", None))
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, f"explore.facet.{facet}"),
            "hint": t(lang, "explore.hint.directed" if directed else "explore.hint"),
            "corner": t(lang, "explore.donor"),
            "cols": cols,
            "rows": rows,
            "diverging": scale.diverging,
            "selected": session.pair,
            "columns": [*columns(lang, "donor", "against"), t(lang, f"explore.column.{facet}")],
            "save": saving(lang, state, t(lang, "explore.matrix"), f"donors-{facet}"),
            "legend": scale.legend(t(lang, f"explore.colour.{facet}")),
        }
    )


def _figures(c: Comparison, facet: str, lang: str) -> dict[Pair, Figure | None]:
    """Of (row, column); figures without direction stand below the diagonal only."""
    return {
        (a, b): figure(c, facet, (a, b), lang)
        for a in range(c.donors)
        for b in range(c.donors)
        if a > b or (facet in DIRECTED and a != b)
    }


def _rows(
    heads: list[dict[str, Any]],
    figures: dict[Pair, Figure | None],
    scale: Scale,
    lang: str,
    directed: bool,
) -> list[dict[str, Any]]:
    key, last = "explore.towards" if directed else "explore.between", len(heads)

    def cell(a: int, b: int) -> dict[str, Any] | None:
        if (a, b) not in figures:
            return None
        label = t(lang, key, one=heads[a]["name"], other=heads[b]["name"])
        return _cell(figures[a, b], scale, label, (a, b))

    return [
        {**heads[a], "cells": [cell(a, b) for b in range(last if directed else last - 1)]}
        for a in range(0 if directed else 1, last)
    ]


def _cell(one: Figure | None, scale: Scale, label: str, pair: Pair | None) -> dict[str, Any]:
    text, rest = (one.text, one.note) if one else ("–", "")
    return {
        "v": scale.place(one) if one else None,
        "text": text,
        "note": rest,
        "value": one.shade if one else None,
        "label": f"{label}: {text} {rest}".strip(),
        "pair": sorted(pair) if pair else None,
    }
