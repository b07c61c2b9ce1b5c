"""What if: settings that are tried without merging, and who would own what."""

import itertools
import math
from typing import Any

from obim import DonorPrediction, MergeSpec, RunState, WhatIfState, is_variant, seconds_of
from ui.i18n import t
from ui.painting.asked import Place, joined, missing
from ui.painting.bars import bars
from ui.painting.folds import is_unfolded
from ui.painting.frame import SCREENS, busy, has_saliency, under_way
from ui.painting.methods import compares_tensors
from ui.painting.settings import SCALE, tried
from ui.painting.wording import MAX_DONORS, blank, duration, note, percent
from ui.session import Session

PINS = ("a", "b")
ALL_ORDERS = 4
"""Donors up to which every order can be chosen; of more, who begins."""


def supposed(state: RunState, session: Session) -> MergeSpec:
    """The settings that are being tried: at first those of the Merge screen."""
    if session.what_if is not None:
        spec = MergeSpec.model_validate_json(session.what_if)
        if is_variant(state.spec, spec):
            return spec
    return tried(state, session) if is_variant(state.spec, tried(state, session)) else state.spec


def pinned(state: RunState, session: Session) -> dict[str, MergeSpec]:
    """The settings kept beside, ``a`` and ``b``."""
    found = {k: MergeSpec.model_validate_json(v) for k, v in session.pins.items()}
    return {k: spec for k, spec in sorted(found.items()) if is_variant(state.spec, spec)}


def exact(state: RunState, spec: MergeSpec) -> WhatIfState | None:
    """Figures of all weights, if they were reckoned."""
    return next((w for w in state.what_ifs.settings if w.spec == spec), None)


def figures(state: RunState, session: Session, spec: MergeSpec) -> WhatIfState | None:
    """The exact figures, else a preview, else nothing."""
    return exact(state, spec) or session.foreseen.get(preview_key(state, spec))


def preview_key(state: RunState, spec: MergeSpec) -> str:
    """What a preview is kept under: the settings, and what tells one saliency from another."""
    summed = math.fsum(cell.top10 for donor in state.saliency for cell in donor.tensors)
    return f"{summed!r}/{spec.model_dump_json()}"


def is_here(state: RunState | None, session: Session) -> bool:
    """Whether the section is on screen and there is something to try."""
    shown = SCREENS[session.screen] == "explore" and is_unfolded(session, "what_if")
    return shown and state is not None and has_saliency(state)


def wanted(state: RunState | None, session: Session) -> MergeSpec | None:
    """The settings on screen whose exact figures are missing, the ones being tried first.

    In a new tab these are the ones being tried in any case: with the first preview the sample is
    drawn, and those after it follow at once.
    """
    if state is None or not is_here(state, session) or busy(state):
        return None
    if not session.foreseen:
        return supposed(state, session)
    specs = [supposed(state, session), *pinned(state, session).values()]
    return next((spec for spec in specs if exact(state, spec) is None), None)


def wants_preview(state: RunState | None, session: Session) -> Place | None:
    """The run and the settings that there is nothing of yet."""
    spec = wanted(state, session)
    if state is None or spec is None or (session.foreseen and figures(state, session, spec)):
        return None
    return state.id, preview_key(state, spec)


def wants_exact(state: RunState | None, session: Session) -> Place | None:
    """The run and the settings that there is only a preview of."""
    spec = wanted(state, session)
    if state is None or spec is None or exact(state, spec) is not None:
        return None
    return (state.id, preview_key(state, spec)) if figures(state, session, spec) else None


def orders(spec: MergeSpec) -> list[tuple[int, ...]]:
    """Orders that can be chosen, as indices into the donors of the run."""
    usual = tuple(range(len(spec.donors)))
    if len(usual) <= ALL_ORDERS:
        return list(itertools.permutations(usual))
    return [(i, *(k for k in usual if k != i)) for i in usual]


def order_text(names: list[str] | tuple[str, ...]) -> str:
    """Who comes after whom."""
    return " → ".join(names)


def _controls(state: RunState | None, session: Session) -> dict[str, Any]:
    free = state is not None and has_saliency(state)
    spec, lang = supposed(state, session) if state is not None else None, session.lang
    run = state.spec if state is not None else None
    own = [d.name for d in run.donors] if run else []
    places = [own.index(d.name) for d in spec.donors] if spec else []
    choices = orders(run) if run is not None else []
    if spec is not None and tuple(places) not in choices:
        choices = [tuple(places), *choices]
    most = max(min(60, 255 // len(own)), spec.rounds) if spec and own else 60
    shown: dict[str, Any] = {
        "wi_order": {
            "choices": [
                (order_text([own[i] for i in one]), ",".join(map(str, one))) for one in choices
            ],
            "value": ",".join(map(str, places)) if places else None,
            "interactive": free and len(own) > 1,
        },
        "wi_rounds": {"value": spec.rounds if spec else 10, "interactive": free, "maximum": most},
        "wi_rotate": {"value": spec.rotate if spec else True, "interactive": free},
        "wi_scope": {"value": spec.scope if spec else "tensor", "interactive": free},
    }
    for i in range(MAX_DONORS):
        there = spec is not None and i < len(own)
        k = places.index(i) if there else 0
        name = own[i] if there else ""
        shown[f"wi_pair{i}"] = {"visible": there}
        shown[f"wi_density{i}"] = {
            "value": round(spec.density_of(k), 3) if spec and there else 0.0, "interactive": free,
            "label": t(lang, "merge.density_of", name=name),
        }  # fmt: skip
        scale = spec.donors[k].scale if spec and there else 1.0
        shown[f"wi_scale{i}"] = {
            "value": scale, "interactive": free, "maximum": max(SCALE, scale),
            "label": t(lang, "merge.scale_of", name=name),
        }  # fmt: skip
    return shown


def _status(state: RunState, session: Session) -> str:
    """Where the figures on screen come from, in one line: the page below must not jump."""
    lang, spec = session.lang, supposed(state, session)
    found, place = figures(state, session, spec), (state.id, preview_key(state, spec))
    if found is None:
        usual = t(lang, "what_if.preview_later" if busy(state) else "what_if.drawing")
        return missing(state, session, "preview", place) or usual
    if found.exact:
        return t(lang, "what_if.exact")
    line = t(lang, "what_if.preview", every=found.every, rows=f"{found.rows:,}")
    seconds, job = seconds_of(state, "reckon"), state.job
    if busy(state):
        after = t(lang, "what_if.later")
    elif under_way(state) and job is not None:
        after = t(lang, "what_if.reckoning", share=percent(job.fraction, 0))
    elif lost := missing(state, session, "exact", place):
        after = lost
    elif seconds is None:
        return line
    else:
        after = t(lang, "what_if.soon", time=duration(lang, seconds))
    return joined(lang, line, after)


def _meaning(state: RunState, session: Session, found: WhatIfState | None) -> list[str]:
    """What the figures mean with this estimator, and what was not measured."""
    lang = session.lang
    comparable = compares_tensors(state.spec.estimator)
    lines = [t(lang, "what_if.means"), t(lang, f"what_if.means_{'sums' if comparable else 'mean'}")]
    for donor in found.donors if found is not None else ():
        if donor.unmeasured:
            lines.append(t(lang, "what_if.unmeasured", name=donor.name, n=donor.unmeasured))
    return lines


def donor_of(found: WhatIfState | None, name: str) -> DonorPrediction | None:
    """What is foreseen of one donor."""
    if found is None:
        return None
    return next((donor for donor in found.donors if donor.name == name), None)


def owner_map(
    state: RunState, session: Session, spec: MergeSpec | None, label: str
) -> dict[str, Any]:
    """Value of an Occupancy: who would own each layer."""
    found = None if spec is None else figures(state, session, spec)
    if found is None or not state.groups:
        return blank(t(session.lang, "what_if.none"))
    columns = [donor_of(found, donor.name) for donor in state.spec.donors]
    owned = [
        [own.owned[g] if own is not None and g < len(own.owned) else 0.0 for own in columns]
        for g in range(len(state.groups))
    ]
    return bars(state, session.lang, owned, label)


def _pins(state: RunState | None, session: Session) -> dict[str, Any]:
    lang, shown = session.lang, {}
    there = pinned(state, session) if state is not None else {}
    free = state is not None and has_saliency(state)
    for pin in PINS:
        shown[f"wi_pin_{pin}"] = {"interactive": free}
        shown[f"wi_box_{pin}"] = {"visible": pin in there}
        title = t(lang, f"what_if.column.{pin}")
        shown[f"wi_map_{pin}"] = (
            owner_map(state, session, there[pin], f"{title}: {t(lang, 'merge.occupancy')}")
            if state is not None and pin in there
            else blank(t(lang, "what_if.none"))
        )
        shown[f"wi_name_{pin}"] = note([title], "title")
    shown["wi_unpin"] = {"visible": bool(there)}
    return shown


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything of the section but the orders."""
    lang = session.lang
    ready = state is not None and has_saliency(state)
    found = figures(state, session, supposed(state, session)) if state is not None else None
    spec = supposed(state, session) if state is not None else None
    meaning = _meaning(state, session, found) if state is not None and ready else []
    status = [_status(state, session)] if state is not None and ready else []
    sure = session.armed == "wi_use"
    return {
        **_controls(state, session),
        **_pins(state, session),
        "wi_status": note(status, "quiet"),
        "wi_meaning": note(meaning, "quiet"),
        "wi_map": (
            owner_map(state, session, spec, t(lang, "what_if.map"))
            if state is not None and ready
            else blank(t(lang, "what_if.none"))
        ),
        "wi_reset": {"interactive": ready and session.what_if is not None},
        "wi_use": {
            "interactive": state is not None and ready and spec != state.spec and not busy(state),
            "value": t(lang, "what_if.use_sure" if sure else "what_if.use"),
            "variant": "stop" if sure else "primary",
        },
    }
