"""Donors against donors: the chosen figure of every pair."""

from typing import Any

from obim import Comparison, InterferenceState, RunState
from ui.i18n import t
from ui.painting.facets import DIRECTED, Figure, Pair, Scale, facet_of, figure, scale_of, total
from ui.painting.wording import stamped
from ui.session import Session


def matrix(state: RunState, found: InterferenceState, session: Session) -> dict[str, Any]:
    """Value of the DonorMatrix: figures without direction once, in the lower triangle."""
    lang, facet, c, n = session.lang, facet_of(session), found.whole, found.donors
    directed = facet in DIRECTED
    heads = [{"name": donor.name, "slot": k} for k, donor in enumerate(state.spec.donors)]
    figures = _figures(c, facet, lang)
    totals = [total(c, facet, a) for a in range(n)] if directed else []
    scale = scale_of([*figures.values(), *totals], facet, lang)
    rows: list[dict[str, Any]] = [
        {
            **heads[a],
            "cells": [
                _cell(figures[a, b], scale, _between(heads, a, b, directed, lang), (a, b))
                if (a, b) in figures
                else None
                for b in range(n if directed else n - 1)
            ],
        }
        for a in range(0 if directed else 1, n)
    ]
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


def _between(heads: list[dict[str, Any]], a: int, b: int, directed: bool, lang: str) -> str:
    key = "explore.towards" if directed else "explore.between"
    return t(lang, key, one=heads[a]["name"], other=heads[b]["name"])


def _cell(one: Figure | None, scale: Scale, label: str, pair: Pair | None) -> dict[str, Any]:
    text, rest = (one.text, one.note) if one else ("–", "")
    return {
        "v": scale.place(one) if one else None,
        "text": text,
        "note": rest,
        "label": f"{label}: {text} {rest}".strip(),
        "pair": sorted(pair) if pair else None,
    }
