"""The Models screen: which models, do they fit together, what will be merged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from obim import CardState, RunState
from ui.i18n import said, t
from ui.painting.frame import busy, checking
from ui.painting.wording import blank, count, names, note, percent, stamped
from ui.session import Session

if TYPE_CHECKING:
    from obim import ModelChoice


def _card(lang: str, card: CardState, slot: int | None) -> dict[str, Any]:
    share = None
    if card.changed is not None and card.role == "donor":
        share = {
            "label": t(lang, "models.changed"),
            "value": card.changed,
            "text": percent(card.changed),
        }
    facts = [
        (t(lang, "models.kind"), t(lang, f"models.kind.{card.kind}")),
        (t(lang, "models.architecture"), card.architecture),
        (t(lang, "models.layers"), str(card.layers)),
        (t(lang, "models.parameters"), count(card.parameters)),
        (t(lang, "models.vocabulary"), f"{card.vocabulary:,}"),
        (t(lang, "models.dtype"), card.dtype),
    ]
    fits = not card.problems
    reasons = [said(lang, reason) for reason in (*card.problems, *card.warnings)]
    fine = "" if card.role == "base" else t(lang, "models.same_family")
    return {
        "role": t(lang, f"models.{card.role}"),
        "slot": slot,
        "name": card.name,
        "facts": [list(fact) for fact in facts],
        "share": share,
        "fits": fits,
        "fits_text": t(lang, "models.fits" if fits else "models.fits_not"),
        "reason": " ".join(reasons) or fine or t(lang, "models.base_fine"),
    }


def cards(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the ModelCards."""
    lang = session.lang
    if state is None or not state.cards:
        if busy(state):
            return blank(t(lang, "models.checking"), "loading")
        return blank(t(lang, "models.empty"))
    shown = []
    donors = 0
    for card in state.cards:
        shown.append(_card(lang, card, None if card.role == "base" else donors))
        donors += card.role == "donor"
    return stamped(
        {"state": "ready", "message": "", "label": t(lang, "models.cards"), "cards": shown}
    )


def _plan(state: RunState | None, session: Session) -> dict[str, Any]:
    lang = session.lang
    if state is None or not state.cards:
        return note([])
    if not state.mergeable:
        return note([t(lang, "models.plan_not")], "warn")
    base = next((card.name for card in state.cards if card.role == "base"), state.spec.base)
    donors = [donor.name for donor in state.spec.donors]
    return note([t(lang, "models.plan", n=len(donors), donors=names(lang, donors), base=base)])


def paint(
    state: RunState | None, session: Session, choices: "Sequence[ModelChoice]"
) -> dict[str, Any]:
    """Everything on the Models screen."""
    lang = session.lang
    fetched = state.downloads if state is not None else ()
    listed = {c.ref for c in choices}
    models = [(c.label, c.ref, c.kind) for c in choices]
    models += [(name, ref, kind) for ref, name, kind in fetched if ref not in listed]
    bases = [(label, ref) for label, ref, kind in models if kind == "full"]
    donors = [(label, ref) for label, ref, _ in models if ref != "demo:base"]
    base = state.spec.base if state is not None else None
    picked = [donor.source for donor in state.spec.donors] if state is not None else []
    demo = base == "demo:base"
    free = not busy(state) or checking(state)
    return {
        "base": {"choices": bases, "value": base, "interactive": free},
        "donors": {"choices": donors, "value": picked, "interactive": free},
        "cards": cards(state, session),
        "plan": _plan(state, session),
        "demo_note": note([t(lang, "models.demo_note")] if demo else [], "quiet"),
        "check": {"interactive": not busy(state)},
        "hub_fold": {"open": False},  # closed after it is mounted, see ui/app.py
        "fetch": {"interactive": state is not None and not busy(state)},
        "hub_note": note([t(lang, "models.hub_here", names=", ".join(f[1] for f in fetched))])
        if fetched
        else note([]),
    }
