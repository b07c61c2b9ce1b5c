"""The owner map in cells: attention heads, donors by module type, and what each turn claimed."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting.saving import columns, saving
from ui.painting.wording import blank, percent, stamped
from ui.session import Session

Told = dict[str, Any]


def _cells(shares: list[float], top: float, place: str, names: list[str]) -> list[dict[str, Any]]:
    return [
        {"v": min(s / top, 1.0) if top > 0 else 0.0, "text": percent(s), "tensor": f"{place}#{n}"}
        for s, n in zip(shares, names, strict=True)
    ]


def _grid(lang: str, state: RunState, rows: list[dict[str, Any]], **texts: Any) -> dict[str, Any]:
    """A SaliencyGrid of shares; ``texts``: what is different from grid to grid."""
    top, colour, file = texts.pop("top"), texts.pop("colour"), texts.pop("file")
    return stamped(
        {
            "state": "ready",
            "message": "",
            "rows": rows,
            "extra": [],
            "selected": None,
            "top": top,
            "legend": {"low": "0 %", "high": percent(top), "text": colour},
            "save": saving(lang, state, texts["label"], file),
            "columns": [
                texts["corner"],
                *columns(lang, "module", "tensor"),
                t(lang, "owners.share"),
            ],
            **texts,
        }
    )  # fmt: skip


def kind_of(session: Session) -> Told | None:
    """The heads of the kind that is shown, else of the first there is; None: there are none."""
    heads: list[Told] = (session.owned or {}).get("heads", [])
    return next(
        (kind for kind in heads if kind["kind"] == session.heads), heads[0] if heads else None
    )


def heads(state: RunState, session: Session, told: Told) -> dict[str, Any]:
    """Layers down, heads across: the share of a head's weights that a donor owns."""
    lang, kind, donors = session.lang, kind_of(session), state.spec.donors
    if kind is None:
        return blank(t(lang, "owners.no_heads"))
    part = session.part if session.part in range(len(donors)) else None
    donor = t(lang, "owners.all") if part is None else donors[part].name
    table = []
    for layer in kind["layers"]:
        owned = layer["owned"]
        sums = [sum(n) for n in zip(*owned, strict=True)] if part is None else owned[part]
        table.append((layer, [n / layer["size"] for n in sums]))
    top = max((share for _, row in table for share in row), default=0.0)
    numbers = [str(h) for h in range(kind["count"])]
    rows = [
        {
            "label": "" if layer["layer"] is None else str(layer["layer"]),
            "cells": [
                *_cells(row, top, layer["tensor"], numbers[: len(row)]),
                *[None] * (kind["count"] - len(row)),
            ],
        }
        for layer, row in table
    ]
    words = {"donor": donor, "kind": t(lang, f"owners.kind.{kind['kind']}")}
    return _grid(
        lang,
        state,
        rows,
        cols=numbers,
        top=top,
        label=t(lang, "owners.grid.head", **words),
        hint=t(lang, "owners.hint.head"),
        corner=t(lang, "saliency.layer"),
        colour=t(lang, f"owners.colour.{'all' if part is None else 'head'}", donor=donor),
        file=f"heads-{kind['kind']}",
    )


def donors(state: RunState, session: Session, told: Told) -> dict[str, Any]:
    """Donors down, module types across: the share of a module's weights that each owns."""
    lang, modules, everyone = session.lang, told["modules"], range(len(state.spec.donors))
    size = sum(row["size"] for row in modules)
    whole = {"size": size, "owned": [sum(row["owned"][k] for row in modules) for k in everyone]}
    table = [[row["owned"][k] / max(row["size"], 1) for row in (whole, *modules)] for k in everyone]
    top = max((share for row in table for share in row), default=0.0)
    names = [t(lang, "owners.together"), *(row["name"] for row in modules)]
    rows = [
        {"label": donor.name, "cells": _cells(row, top, str(k), names)}
        for k, (donor, row) in enumerate(zip(state.spec.donors, table, strict=True))
    ]
    return _grid(
        lang,
        state,
        rows,
        cols=names,
        top=top,
        label=t(lang, "owners.grid.donor"),
        hint="",
        corner=t(lang, "owners.donor"),
        colour=t(lang, "owners.colour.donor"),
        file="owners-donor",
    )


def turns(state: RunState, session: Session, told: Told) -> dict[str, Any]:
    """Value of a Sheet: a line a turn, what it claimed in each module type."""
    lang, owners = session.lang, state.spec.donors
    names = [t(lang, f"owners.turns.{name}") for name in ("round", "all")]
    names = [t(lang, "owners.donor"), *names, *(row["name"] for row in told["modules"])]
    rows = [
        {
            "line": turn["number"],
            "cells": [
                owners[turn["donor"]].name,
                str(turn["round"]),
                f"{turn['claimed']:,}",
                *(f"{n:,}" for n in turn["modules"]),
            ],
        }
        for turn in told["turns"]
    ]
    return stamped(
        {
            "state": "ready",
            "message": "",
            "caption": t(lang, "owners.turns"),
            "corner": t(lang, "owners.turns.turn"),
            "columns": [{"name": name, "role": ""} for name in names],
            "rows": rows,
            "save": saving(lang, state, t(lang, "owners.turns"), "turns"),
        }
    )
