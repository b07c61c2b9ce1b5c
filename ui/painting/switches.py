"""Donors switched off in the merge that stands: what is set, what it comes to, what it isn't."""

from collections.abc import Sequence
from typing import Any

from obim import MergeSpec, RunState, Switch, label_of, positions_back
from ui.i18n import t
from ui.painting.frame import busy
from ui.painting.methods import switched_words
from ui.painting.wording import MAX_DONORS, names, note, percent
from ui.session import Session

SWITCHED = "switched"
"""What the chat calls the model as it is switched, whatever that is."""


def layers(state: RunState) -> int:
    """How many layers donors can be switched off in."""
    return 1 + max((layer for layer, _ in state.parts if layer is not None), default=-1)


def kinds(state: RunState, in_layers: bool = False) -> list[str]:
    """Kinds of modules that donors can be switched off in, those of layers first."""
    found = (kind for layer, kind in state.parts if layer is not None or not in_layers)
    return list(dict.fromkeys(found))


def counted(state: RunState) -> bool:
    """Whether all turns were counted by part, which those of runs of before were not."""
    return bool(state.parts) and all(turn.parts for turn in state.turns)


def _switch(state: RunState, donor: str, told: dict[str, Any]) -> Switch | None:
    """The switch that a donor's controls say; None: it is on, or off in no part."""
    if not told.get("off"):
        return None
    if not counted(state):
        return Switch(donor=donor)
    end = max(layers(state) - 1, 0)  # a slider of one layer goes to 1
    first, last = sorted((min(told.get("first", 0), end), min(told.get("last", end), end)))
    some = (first, last) != (0, end)
    known = kinds(state, in_layers=some)
    modules = [kind for kind in known if kind in told.get("modules", known)]
    if not modules:
        return None
    ends = {"first": first, "last": last} if some else {}
    return Switch(donor=donor, modules=() if modules == known else tuple(modules), **ends)


def switches(state: RunState, session: Session) -> tuple[Switch, ...]:
    """What is off now, in the order of the donors."""
    if not state.turn:
        return ()
    told = session.switches
    found = (_switch(state, d.name, told.get(d.name, {})) for d in state.spec.donors)
    return tuple(switch for switch in found if switch is not None)


def label(state: RunState, session: Session) -> str:
    """The label of the merge as it is switched; ``merged`` where all is on."""
    return label_of(switches(state, session))


def without(state: RunState, session: Session) -> MergeSpec | None:
    """The recipe without the donors that are wholly off; None: no such merge can be built."""
    gone = {switch.donor for switch in switches(state, session) if switch.is_whole}
    donors = tuple(donor for donor in state.spec.donors if donor.name not in gone)
    if not gone or not donors:
        return None
    return state.spec.model_copy(update={"donors": donors})


def _counts(state: RunState, off: Sequence[Switch], lang: str) -> list[str]:
    """Exactly how many positions go back to the base."""
    back, lines = positions_back(state, off), []
    owned = positions_back(state, [Switch(donor=donor) for donor in back])
    for donor, n in back.items():
        key = "switches.back_all" if n == owned[donor] else "switches.back"
        lines.append(t(lang, key, name=donor, n=f"{n:,}", owned=f"{owned[donor]:,}"))
    total = sum(state.group_sizes)
    if total and back:
        n = sum(back.values())
        lines.append(t(lang, "switches.total", n=f"{n:,}", share=percent(n / total, 2)))
    return lines


def _nowhere(state: RunState, session: Session) -> list[str]:
    """Donors that are unticked though none of their parts is: they stay as they are."""
    told = ((d.name, session.switches.get(d.name, {})) for d in state.spec.donors)
    return [
        t(session.lang, "switches.nowhere", name=name)
        for name, set_so in told
        if state.turn and set_so.get("off") and _switch(state, name, set_so) is None
    ]


def _warnings(state: RunState, off: Sequence[Switch], lang: str) -> list[str]:
    if not off:
        return []
    said = names(lang, [switched_words(lang, switch) for switch in off])
    lines = [t(lang, "switches.not_obim", names=said)]
    if any(not switch.is_whole for switch in off):
        lines.append(t(lang, "switches.whole_only"))
    elif len(off) == len(state.spec.donors):
        lines.append(t(lang, "switches.last_donor"))
    return lines


def _donor(state: RunState | None, session: Session, i: int) -> dict[str, Any]:
    """The controls of one donor."""
    there = state is not None and i < len(state.spec.donors) and state.turn > 0
    lang = session.lang
    name = state.spec.donors[i].name if state is not None and there else ""
    told = session.switches.get(name, {})
    end = max(layers(state) - 1, 1) if state is not None else 1
    known = kinds(state) if state is not None else []
    parted = bool(there and told.get("off") and state is not None and counted(state))
    return {
        f"switch{i}": {"visible": there},
        f"on{i}": {"value": not told.get("off"), "label": t(lang, "switches.on", name=name)},
        f"only{i}": {
            "visible": parted, "label": t(lang, "switches.only", name=name), "open": False,
        },
        f"first{i}": {"value": min(told.get("first", 0), end), "maximum": end},
        f"last{i}": {"value": min(told.get("last", end), end), "maximum": end},
        f"modules{i}": {"choices": [(k, k) for k in known], "value": told.get("modules", known)},
    }  # fmt: skip


def _building(state: RunState | None, session: Session) -> dict[str, Any]:
    """The button that starts the merge without the donors that are off; it asks first."""
    lang = session.lang
    spec = without(state, session) if state is not None else None
    shown = {"interactive": spec is not None and not busy(state)}
    if state is None or spec is None or session.armed != "switch_build":
        return shown | {"value": t(lang, "switches.build"), "variant": "secondary"}
    gone = [d.name for d in state.spec.donors if d not in spec.donors]
    text = t(lang, "switches.build_sure", names=names(lang, gone))
    return shown | {"value": text, "variant": "stop"}


def _notes(state: RunState | None, session: Session, off: Sequence[Switch]) -> dict[str, Any]:
    lang, lines = session.lang, []
    if state is None or not state.turn:
        lines.append(t(lang, "switches.none_yet"))
    elif not counted(state):
        lines.append(t(lang, "switches.before"))
    elif any(told.get("off") for told in session.switches.values()):
        outside = [kind for layer, kind in state.parts if layer is None]
        if outside:
            lines.append(t(lang, "switches.outside", names=t(lang, "page.comma").join(outside)))
    warnings = [*_nowhere(state, session), *_warnings(state, off, lang)] if state else []
    return {
        "switch_hint": note(lines, "quiet"),
        "switch_note": note(_counts(state, off, lang) if state is not None else []),
        "switch_warning": note(warnings, "warn"),
    }


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """The switches, what they come to, and what can be done with them."""
    off = switches(state, session) if state is not None else ()
    controls: dict[str, Any] = {}
    for i in range(MAX_DONORS):
        controls |= _donor(state, session, i)
    return {
        **controls,
        **_notes(state, session, off),
        "switch_row": {"visible": bool(off)},
        "switch_score": {"interactive": bool(off and state and state.skills) and not busy(state)},
        "switch_build": _building(state, session),
        "switch_all": {"interactive": bool(off)},
    }
