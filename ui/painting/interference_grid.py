"""Layers x modules: the chosen figure of one pair of donors, or of all of them."""

from typing import Any

from obim import InterferenceState, RunState
from ui.i18n import t
from ui.painting.facets import DIRECTED, Figure, Scale, chosen_pair, facet_of, in_tensor, scale_of
from ui.painting.saving import columns, saving
from ui.painting.wording import stamped
from ui.session import Session


def grid(state: RunState, found: InterferenceState, session: Session) -> dict[str, Any]:
    """Value of the second SaliencyGrid: tensors that two donors or more can change."""
    lang, facet, pair = session.lang, facet_of(session), chosen_pair(state, session)
    figures = {name: in_tensor(c, facet, pair, lang) for name, c in found.cells.items()}
    scale = scale_of(figures.values(), facet)
    names = [donor.name for donor in state.spec.donors]
    what = t(lang, f"explore.facet.{facet}")
    if pair is not None:
        what = f"{what}: " + t(lang, "explore.between", one=names[pair[0]], other=names[pair[1]])
    place = "all" if pair is None else f"{pair[0] + 1}-{pair[1] + 1}"
    colour = [t(lang, f"explore.colour.{facet}")]
    if pair is None and len(names) > 2:
        colour.append(t(lang, "explore.mean.donors" if facet in DIRECTED else "explore.mean.pairs"))
    elif facet in DIRECTED:
        colour.append(t(lang, "explore.mean.ways"))
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": what,
            "hint": t(lang, "explore.hint.grid"),
            "corner": t(lang, "saliency.layer"),
            **_layout(found, figures, scale),
            "selected": session.tensor,
            "diverging": scale.diverging,
            "columns": [
                *columns(lang, "layer", "module", "tensor"),
                t(lang, f"explore.column.{facet}"),
            ],
            "save": saving(lang, state, what, f"interference-{facet}-{place}"),
            "legend": scale.legend(*colour),
        }
    )


def _layout(
    found: InterferenceState, figures: dict[str, Figure | None], scale: Scale
) -> dict[str, Any]:
    parts = [part for part in found.tensors if part.tensor in figures]
    places = {(p.layer, p.module): p.tensor for p in parts if p.layer is not None}
    modules = list(dict.fromkeys(module for _, module in places))

    def cell(name: str) -> dict[str, Any]:
        one = figures[name]
        if one is None:
            return {"v": None, "text": "–", "tensor": name, "value": None}
        text = f"{one.text} ({one.note})" if one.note else one.text
        return {"v": scale.place(one), "text": text, "tensor": name, "value": one.shade}

    rows = [
        {
            "label": str(layer),
            "cells": [cell(places[layer, m]) if (layer, m) in places else None for m in modules],
        }
        for layer in sorted({layer for layer, _ in places})
    ]
    extra = [{"label": p.module, **cell(p.tensor)} for p in parts if p.layer is None]
    return {"cols": modules, "rows": rows, "extra": extra}
