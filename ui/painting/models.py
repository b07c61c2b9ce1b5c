"""The Models screen: which models, do they fit together, what will be merged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from obim import CardState, RunState, forgetting
from ui.i18n import said, t
from ui.painting import hub
from ui.painting.donors import about
from ui.painting.frame import busy, checking
from ui.painting.saving import columns, saving
from ui.painting.wording import blank, count, duration, names, note, percent, size, stamped
from ui.session import Session

if TYPE_CHECKING:
    from obim import ModelChoice


def _card(
    lang: str, card: CardState, name: str, slot: int | None, source: str | None
) -> dict[str, Any]:
    """One card.

    Args:
        source: what the spec calls the donor; None for the base.
    """
    does = about(lang, source) if source is not None else None
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
        (t(lang, "models.parameters"), count(lang, card.parameters)),
        (t(lang, "models.vocabulary"), f"{card.vocabulary:,}"),
        (t(lang, "models.dtype"), card.dtype),
    ]
    fits = not card.problems
    reasons = [said(lang, reason) for reason in (*card.problems, *card.warnings)]
    fine = "" if card.role == "base" else t(lang, "models.same_family")
    return {
        "role": t(lang, f"models.{card.role}"),
        "slot": slot,
        "name": name,
        "about": f"{does.title}: {does.description}" if does else "",
        "example": [does.prompt, does.answer] if does and does.prompt else None,
        "example_text": t(lang, "models.example"),
        "facts": [list(fact) for fact in facts],
        "share": share,
        "fits": fits,
        "fits_text": t(lang, "models.fits" if fits else "models.fits_not"),
        "reason": " ".join(reasons) or fine or t(lang, "models.base_fine"),
    }


def _base_name(state: RunState, choices: "Sequence[ModelChoice]") -> str:
    """What the list calls the base; a folder that was typed has its own name."""
    own = next((card.name for card in state.cards if card.role == "base"), state.spec.base)
    return next((choice.label for choice in choices if choice.ref == state.spec.base), own)


def cards(
    state: RunState | None, session: Session, choices: "Sequence[ModelChoice]"
) -> dict[str, Any]:
    """Value of the ModelCards."""
    lang = session.lang
    if session.emptied:
        return blank(t(lang, "error.no_donor"))
    if state is None or not state.cards:
        if busy(state):
            return blank(t(lang, "models.checking"), "loading")
        return blank(t(lang, "models.empty"))
    base, donors = _base_name(state, choices), iter(enumerate(state.spec.donors))
    shown = []
    for card in state.cards:
        if card.role == "base":
            shown.append(_card(lang, card, base, None, None))
        else:
            slot, donor = next(donors)
            shown.append(_card(lang, card, card.name, slot, donor.source))
    heads = [label for label, _ in shown[0]["facts"]]
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "models.cards"),
            "cards": shown,
            "save": saving(lang, state, t(lang, "models.cards"), "models"),
            "columns": [
                *columns(lang, "role", "model"), *heads, t(lang, "models.changed"),
                *columns(lang, "fits", "reason"),
            ],
        }
    )  # fmt: skip


def _plan(
    state: RunState | None, session: Session, choices: "Sequence[ModelChoice]"
) -> dict[str, Any]:
    lang = session.lang
    if state is None or not state.cards or session.emptied:
        return note([])
    if not state.mergeable:
        return note([t(lang, "models.plan_not")], "warn")
    base = _base_name(state, choices)
    donors = [donor.name for donor in state.spec.donors]
    key = "models.plan" if len(donors) > 1 else "models.plan_one"
    return note([t(lang, key, n=len(donors), donors=names(lang, donors), base=base)])


def _needs(state: RunState | None, session: Session) -> dict[str, Any]:
    """What merging takes, and what of it is not there."""
    needs, lang = state.needs if state is not None else None, session.lang
    if state is None or needs is None or not state.mergeable or session.emptied:
        return note([])
    sizes = {"memory": size(needs.memory), "disk": size(needs.disk)}
    if needs.seconds is None:
        lines = [t(lang, "models.needs_sizes", **sizes)]
    else:
        lines = [t(lang, "models.needs", time=duration(lang, needs.seconds), **sizes)]
    if needs.measuring:
        lines.append(t(lang, "models.needs_texts", time=duration(lang, needs.measuring)))
    if not needs.enough_memory:
        lines.append(t(lang, "models.needs_memory", free=size(needs.memory_free)))
    if not needs.enough_disk:
        lines.append(t(lang, "models.needs_disk", free=size(needs.disk_free)))
    short = not (needs.enough_memory and needs.enough_disk)
    return note(lines, "warn" if short else "plain")


def _titled(lang: str, label: str, ref: str) -> str:
    """A donor in the list, with what it does."""
    does = about(lang, ref)
    return f"{label} ({does.title})" if does is not None else label


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
    donors = [(_titled(lang, label, ref), ref) for label, ref, _ in models if ref != "demo:base"]
    base = state.spec.base if state is not None else None
    chosen = state.spec.donors if state is not None and not session.emptied else ()
    picked = [donor.source for donor in chosen]
    demo = base == "demo:base"
    free = not busy(state) or checking(state)
    return {
        "base": {"choices": bases, "value": base, "interactive": free},
        "donors": {"choices": donors, "value": picked, "interactive": free},
        "cards": cards(state, session, choices),
        "plan": _plan(state, session, choices),
        "needs": _needs(state, session),
        "demo_note": note([t(lang, "models.demo_note")] if demo else [], "quiet"),
        "bring_back": {"interactive": free and forgetting() is not None},
        "bring_back_note": note([t(lang, "models.bring_back_note")], "quiet"),
        "check": {"interactive": not session.emptied and not busy(state)},
        **hub.paint(state, session),
    }
