"""The Merge screen: settings, what each turn claimed, and how the skills follow."""

from typing import Any

from obim import RunState
from ui.i18n import t
from ui.painting import settings
from ui.painting.evaluate import skill_title
from ui.painting.frame import busy
from ui.painting.settings import tried
from ui.painting.wording import MAX_DONORS, blank, known, note, percent, stamped
from ui.session import Session


def shown_turn(state: RunState, session: Session) -> int:
    """The turn that the charts show: the present, or one looked back at."""
    return state.turn if session.look is None else min(session.look, state.turn)


def claimed(state: RunState, turn: int) -> list[list[int]]:
    """Positions of each group (rows) that each donor (columns) owns after ``turn``."""
    owned = [[0] * len(state.spec.donors) for _ in state.groups]
    for done in state.turns[:turn]:
        for group, n in enumerate(done.claimed):
            owned[group][done.donor] += n
    return owned


def occupancy(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Occupancy chart."""
    lang = session.lang
    if state is None or not state.groups:
        return blank(t(lang, "merge.empty"))
    owned = claimed(state, shown_turn(state, session))
    layers = []
    for (label, layer), n, row in zip(state.groups, state.group_sizes, owned, strict=True):
        place = (
            t(lang, "saliency.layer") if layer is not None else known(lang, f"group.{label}", label)
        )
        name = place if layer is None else f"{place} {layer}"
        layers.append(
            {
                "label": str(layer) if layer is not None else label[:1].upper(),
                "name": name,
                "shares": [x / n if n else 0.0 for x in row],
            }
        )
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "merge.occupancy"),
            "x_label": t(lang, "saliency.layer"),
            "y_label": t(lang, "merge.share"),
            "base": t(lang, "models.base"),
            "donors": [donor.name for donor in state.spec.donors][:MAX_DONORS],
            "layers": layers,
            "table": t(lang, "page.table"),
        }
    )


def counters(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Counters."""
    lang = session.lang
    items: list[dict[str, Any]] = []

    def add(value: str, key: str, slot: int | None = None, label: str | None = None) -> None:
        tip = t(lang, f"merge.tip.{key}")
        items.append(
            {
                "value": value,
                "label": label or t(lang, f"merge.count.{key}"),
                "tip": tip,
                "slot": slot,
            }
        )

    if state is not None:
        turn, total = shown_turn(state, session), max(sum(state.group_sizes), 1)
        owned = [sum(column) for column in zip(*claimed(state, turn), strict=True)]
        taken = sum(owned)
        add(f"{turn}/{state.spec.turns}", "turns")
        add(percent(taken / total), "claimed")
        contested = state.contested
        add("–" if contested is None else percent(contested / total), "contested")
        add(percent(1 - taken / total), "base")
        for i, donor in enumerate(state.spec.donors[:MAX_DONORS]):
            add(percent(owned[i] / total) if owned else "0.0 %", "donor", i, donor.name)
    return stamped({"label": t(lang, "merge.counters"), "items": items})


def curves(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Curves: quick scores of the merged model against the turn."""
    lang = session.lang
    if state is None or not any(s.model == "merged" and s.quick for s in state.scores):
        return blank(t(lang, "merge.no_curve"))
    series = []
    slots = {donor.name: i for i, donor in enumerate(state.spec.donors)}
    for skill in state.skills:
        quick = [s for s in state.scores if s.skill == skill.id and s.quick]
        base = next((s.score for s in quick if s.model == "base"), None)
        points = sorted(
            [s.turn, s.score, s.low, s.high]
            for s in quick
            if s.model == "merged" and s.turn is not None and s.turn <= state.turn
        )
        if points:
            slot = slots.get(skill.donor or "")
            name = skill_title(lang, skill)
            series.append({"name": name, "slot": slot, "points": points, "base": base})
    turn = shown_turn(state, session)
    return stamped(
        {
            "state": "ready",
            "message": "",
            "title": t(lang, "merge.curves"),
            "label": t(lang, "merge.curves"),
            "x_label": t(lang, "merge.turn"),
            "y_label": t(lang, "merge.correct"),
            "turns": state.spec.turns,
            "current": turn,
            "current_text": t(lang, "merge.turn_n", n=turn),
            "base_text": t(lang, "merge.dashed"),
            "series": series,
            "table": t(lang, "page.table"),
        }
    )


def _summary(state: RunState | None, session: Session) -> dict[str, Any]:
    if state is None:
        return note([])
    lang, spec = session.lang, tried(state, session)
    each = t(lang, "page.comma").join(
        t(
            lang, "merge.each", name=donor.name, density=percent(spec.density_of(i), 0),
            scale=f"{donor.scale:g}",
        )
        for i, donor in enumerate(spec.donors)
    )  # fmt: skip
    lines = [t(lang, "merge.about", rounds=spec.rounds, turns=spec.turns, donors=each)]
    if state.survivors is not None:
        total = max(sum(state.group_sizes), 1)
        kept = t(lang, "page.comma").join(
            f"{donor.name} {percent(n / total)}"
            for donor, n in zip(state.spec.donors, state.survivors, strict=True)
        )
        lines.append(t(lang, "merge.survivors", dtype=state.spec.dtype, donors=kept))
    short = sum(turn.short for turn in state.turns)
    if short:
        lines.append(t(lang, "merge.short", n=f"{short:,}"))
    if session.look is not None and session.look < state.turn:
        lines.append(t(lang, "merge.looking", n=session.look))
    return note(lines)


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Merge screen."""
    lang = session.lang
    turn = state.turn if state is not None else 0
    last = state.spec.turns if state is not None else 1
    idle = state is not None and state.mergeable and not busy(state)
    more = {"interactive": idle and turn < last}
    undo = {"interactive": idle and turn > 0}
    locked = state is not None and state.locked
    return {
        **settings.paint(state, session),
        "advanced": {"open": False},  # closed after they are mounted, see ui/app.py
        "recipe_fold": {"open": False},
        "step": more,
        "step_round": more,
        "run": more,
        "back": undo,
        "reset": undo,
        "when": {
            "choices": [(t(lang, f"merge.when.{w}"), w) for w in ("round", "turn", "off")],
            "value": session.when,
        },
        "look": {
            "maximum": max(turn, 1),
            "value": shown_turn(state, session) if state is not None else 0,
            "interactive": turn > 0,
        },
        "occupancy": occupancy(state, session),
        "counters": counters(state, session),
        "curves": curves(state, session),
        "summary": _summary(state, session),
        "recommended": {"interactive": idle and not locked},
        "stock": {"interactive": idle and not locked},
        "change": {"interactive": idle and locked, "visible": locked},
        "locked_note": note([t(lang, "merge.locked")] if locked else [], "quiet"),
    }
