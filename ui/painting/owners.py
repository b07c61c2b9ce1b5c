"""Who owns what after the merge: by layer, module type, attention head, donor and turn."""

from typing import Any, Literal

from obim import RunState
from ui.i18n import t
from ui.painting import owner_tables, questions
from ui.painting.frame import has_saliency
from ui.painting.merge import shown_turn
from ui.painting.saving import saving
from ui.painting.wording import MAX_DONORS, blank, known, note, percent, stamped
from ui.session import Session

View = Literal["layer", "module", "head", "donor", "turn"]
Kind = Literal["query", "key", "value", "output"]
VIEWS: tuple[View, ...] = ("layer", "module", "head", "donor", "turn")
KINDS: tuple[Kind, ...] = ("query", "key", "value", "output")


def _missing(state: RunState | None, session: Session) -> dict[str, Any] | None:
    """What stands there while nothing is counted."""
    lang = session.lang
    if state is None or not has_saliency(state) or shown_turn(state, session) == 0:
        return blank(t(lang, "owners.empty"))
    held, question = session.owned, questions.owners(state, session)
    if held is None or question is None or held["key"][0] != state.id:
        return blank(t(lang, "owners.counting"), "loading")
    if "error" in held:
        return blank(held["error"], "failed")
    return None


def _layer(lang: str, row: dict[str, Any]) -> tuple[str, str, bool]:
    """What stands below a bar, its name, and whether it is no layer."""
    if row["layer"] is not None:
        return str(row["layer"]), f"{t(lang, 'saliency.layer')} {row['layer']}", False
    label = row["label"]
    short = known(lang, f"group.short.{label}", t(lang, "group.short.other"))
    return short, known(lang, f"group.{label}", label), True


def _bars(state: RunState, session: Session, told: dict[str, Any], by: str) -> dict[str, Any]:
    """Value of an Occupancy: a bar a layer or a module."""
    lang, layers = session.lang, []
    for row in told[f"{by}s"]:
        names = _layer(lang, row) if by == "layer" else (row["name"], row["name"], True)
        shares = [n / max(row["size"], 1) for n in row["owned"]]
        layers.append({"label": names[0], "name": names[1], "outside": names[2], "shares": shares})
    by_layer = by == "layer"
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, f"owners.bars.{by}"),
            "x_label": t(lang, "saliency.layer" if by_layer else "owners.module"),
            "x_note": t(lang, "page.comma").join(
                f"{bar['label']}: {bar['name']}" for bar in layers if by_layer and bar["outside"]
            ),
            "y_label": t(lang, "owners.share"),
            "base": t(lang, "models.base"),
            "donors": [donor.name for donor in state.spec.donors][:MAX_DONORS],
            "layers": layers,
            "table": t(lang, "page.table"),
            "save": saving(lang, state, t(lang, f"owners.bars.{by}"), f"owners-{by}"),
        }
    )


def _layers(state: RunState, session: Session, told: dict[str, Any]) -> dict[str, Any]:
    return _bars(state, session, told, "layer")


def _modules(state: RunState, session: Session, told: dict[str, Any]) -> dict[str, Any]:
    return _bars(state, session, told, "module")


MAKERS = {
    "layer": ("owners_layers", _layers),
    "module": ("owners_modules", _modules),
    "head": ("owners_heads", owner_tables.heads),
    "donor": ("owners_donors", owner_tables.donors),
    "turn": ("owners_turns", owner_tables.turns),
}
"""View -> the widget that shows it, and what makes its value."""


def _widgets(state: RunState | None, session: Session) -> dict[str, Any]:
    """The widget of the view that is shown; the others are hidden and hold nothing."""
    shown: dict[str, Any] = {}
    missing, told = _missing(state, session), session.owned
    for view, (name, make) in MAKERS.items():
        here = view == session.owners
        shown[f"{name}_box"] = {"visible": here}
        if not here or state is None or told is None or missing is not None:
            shown[name] = missing if here and missing is not None else blank("")
        else:
            shown[name] = make(state, session, told)
    return shown


def _facts(state: RunState | None, session: Session) -> dict[str, Any]:
    told = session.owned
    if _missing(state, session) is not None or state is None or told is None:
        return note([])
    lang, layers = session.lang, told["layers"]
    size, owned = sum(row["size"] for row in layers), sum(sum(row["owned"]) for row in layers)
    facts = {"share": percent(owned / max(size, 1)), "n": f"{size:,}"}
    lines = [t(lang, "owners.facts", turn=told["turn"], turns=state.spec.turns, **facts)]
    if told["turn"] < state.turn:
        lines.append(t(lang, "owners.looking", now=state.turn))
    counts = {kind["kind"]: kind["count"] for kind in told["heads"]}
    keys, queries = counts.get("key", 0), counts.get("query", 0)
    if session.owners == "head" and 0 < keys < queries:
        lines.append(t(lang, "owners.grouped", keys=keys, queries=queries))
    return note(lines)


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The choice of a view, and the one that is shown."""
    lang, view = session.lang, session.owners
    donors = state.spec.donors if state is not None else ()
    kind, there = owner_tables.kind_of(session), _missing(state, session) is None
    kinds = [found["kind"] for found in (session.owned or {}).get("heads", [])] if there else []
    everyone = -1 if session.part is None else session.part
    return {
        "owners_view": {
            "choices": [(t(lang, f"owners.view.{name}"), name) for name in VIEWS],
            "value": view,
        },
        "owners_facts": _facts(state, session),
        "owners_choice": {"visible": view == "head" and bool(kinds)},
        "owners_kind": {
            "choices": [(t(lang, f"owners.kind.{name}"), name) for name in KINDS if name in kinds],
            "value": kind["kind"] if kind is not None else None,
        },
        "owners_part": {
            "choices": [(t(lang, "owners.all"), -1), *((d.name, i) for i, d in enumerate(donors))],
            "value": everyone,
        },
        **_widgets(state, session),
    }
