"""Where donors contest most, in words."""

from typing import Any

from obim import Finding, InterferenceState, RunState
from ui.i18n import t
from ui.painting.saving import columns, saving
from ui.painting.wording import percent, stamped
from ui.session import Session

_SURE, _PLAIN = 3.0, 0.05
"""Standard deviations, and share of chance, from which on an overlap is called more or less."""


def findings(state: RunState, found: InterferenceState, session: Session) -> dict[str, Any]:
    """Value of the FindingList."""
    lang = session.lang
    names = [donor.name for donor in state.spec.donors]
    items = [
        {
            "head": _place(one, lang),
            "pair": [{"name": names[k], "slot": k} for k in one.pair],
            "text": _both(one, lang),
            "note": _contested(one, names, lang),
            "selected": session.pair == list(one.pair) and session.tensor in one.tensors,
        }
        for one in found.findings
    ]
    if not items:
        return stamped({"state": "empty", "message": t(lang, "explore.nothing")})
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "explore.findings"),
            "items": items,
            "more": t(lang, "explore.more", n=len(items)),
            "fewer": t(lang, "explore.fewer"),
            "foot": t(lang, "explore.order"),
            "columns": columns(lang, "place", "donor", "against", "finding", "contested"),
            "save": saving(lang, state, t(lang, "explore.findings"), "findings"),
        }
    )


def _place(one: Finding, lang: str) -> str:
    if one.layers is None:
        return one.module
    first, last = one.layers
    if first == last:
        return t(lang, "explore.layer", n=first, module=one.module)
    return t(lang, "explore.layers", first=first, last=last, module=one.module)


def against_chance(one: Finding) -> str:
    """Whether both want ``more`` or ``less`` than chance, or plainly neither: the ``same``."""
    share, chance = one.figures.both_want(*one.pair)
    overlap = one.figures.overlap(*one.pair)
    if overlap is None or abs(overlap.beyond) <= _SURE or abs(share / chance - 1) <= _PLAIN:
        return "same"
    return "more" if share > chance else "less"


def _both(one: Finding, lang: str) -> str:
    """How much both want, against chance, and how often they pull in opposite directions."""
    share, chance = one.figures.both_want(*one.pair)
    conflict, sign = one.figures.conflict(*one.pair), against_chance(one)
    told = {"share": percent(share), "chance": percent(chance)}
    return t(lang, f"explore.want.{sign}", **told, opposed=percent(conflict or 0.0, 0))


def _contested(one: Finding, names: list[str], lang: str) -> str:
    shares = [one.figures.contested(a, b) for a, b in (one.pair, one.pair[::-1])]
    told = [
        t(lang, "explore.of", share=percent(share or 0.0, 0), donor=names[k])
        for k, share in zip(one.pair, shares, strict=True)
    ]
    return t(lang, "explore.contests", shares=t(lang, "page.comma").join(told))
