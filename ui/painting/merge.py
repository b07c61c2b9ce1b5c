"""The Merge screen: settings, what each turn claimed, and how the skills follow."""

from typing import Any

from obim import RunState, is_of
from ui.i18n import said, t
from ui.painting import settings
from ui.painting.bars import bars
from ui.painting.frame import busy
from ui.painting.saving import columns, saving
from ui.painting.settings import tried
from ui.painting.skills import skill_title
from ui.painting.wording import MAX_DONORS, blank, count, note, number_format, percent, stamped
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
    return bars(state, lang, owned, t(lang, "merge.occupancy"))


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
        spec = tried(state, session)
        owned = [sum(column) for column in zip(*claimed(state, turn), strict=True)]
        taken = sum(owned)
        add(f"{turn}/{spec.turns}", "turns")
        add(percent(taken / total), "claimed")
        contested = state.contested if spec == state.spec else None  # of other settings: not known
        add("–" if contested is None else percent(contested / total), "contested")
        add(percent(1 - taken / total), "base")
        for i, donor in enumerate(state.spec.donors[:MAX_DONORS]):
            add(percent(owned[i] / total) if owned else "0.0 %", "donor", i, donor.name)
    return stamped({"label": t(lang, "merge.counters"), "items": items})


def _lines(state: RunState, session: Session) -> list[dict[str, Any]]:
    """A line a skill; those of no donor have no colour and are told apart by ``general``."""
    amount = (True, session.seconds)
    chosen = [s for s in state.scores if is_of(s, amount, state.budgets)]
    series: list[dict[str, Any]] = []
    slots = {donor.name: i for i, donor in enumerate(state.spec.donors)}
    for skill in state.skills:
        quick = [s for s in chosen if s.skill == skill.id]
        base = next((s.score for s in quick if s.model == "base"), None)
        points = sorted(
            [s.turn, s.score, s.low, s.high]
            for s in quick
            if s.model == "merged" and s.turn is not None and s.turn <= state.turn
        )
        if points:
            slot = slots.get(skill.donor or "")
            general = sum(one["slot"] is None for one in series) if slot is None else None
            line = {"name": skill_title(session.lang, skill), "slot": slot, "general": general}
            series.append({**line, "points": points, "base": base})
    return series


def curves(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Curves: quick scores of the merged model against the turn."""
    lang = session.lang
    amount = (True, session.seconds)
    chosen = [s for s in state.scores if is_of(s, amount, state.budgets)] if state else []
    if state is None or not any(s.model == "merged" for s in chosen):
        return blank(t(lang, "merge.no_curve"))
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
            "series": _lines(state, session),
            "table": t(lang, "page.table"),
            "save": saving(lang, state, t(lang, "merge.curves"), "curves"),
            "columns": columns(lang, "skill", "turn", "score", "low", "high", "base"),
        }
    )


def _summary(state: RunState | None, session: Session) -> dict[str, Any]:
    if state is None:
        return note([])
    lang, spec = session.lang, tried(state, session)
    each = "; ".join(
        t(
            lang, "merge.each", name=donor.name, density=percent(spec.density_of(i), 0),
            scale=f"{donor.scale:g}",
        )
        for i, donor in enumerate(spec.donors)
    )  # fmt: skip
    lines = [
        t(lang, "merge.about", rounds=spec.rounds, turns=spec.turns),
        t(lang, f"merge.about_each.{spec.scope}", donors=each),
    ]
    if state.survivors is not None and spec == state.spec:
        total = max(sum(state.group_sizes), 1)
        kept = t(lang, "page.comma").join(
            f"{donor.name} {percent(n / total)}"
            for donor, n in zip(state.spec.donors, state.survivors, strict=True)
        )
        dtype = number_format(lang, state.spec.dtype)
        lines.append(t(lang, "merge.survivors", dtype=dtype, donors=kept))
    turn = shown_turn(state, session)
    short = sum(done.short for done in state.turns[:turn])
    if short:
        lines.append(t(lang, "merge.short", n=f"{short:,}"))
    if state.group_sizes:
        lines.append(t(lang, "merge.shares", total=count(lang, sum(state.group_sizes))))
    if turn < state.turn:
        lines.append(t(lang, "merge.looking", n=turn, turn=state.turn))
    return note(lines)


def _unscored(state: RunState | None, session: Session) -> dict[str, Any]:
    """Why turns go without scores."""
    if state is None or not state.unscored:
        return note([])
    why = said(session.lang, state.unscored)
    return note([t(session.lang, "merge.unscored", why=why)], "warn")


def _undoing(state: RunState | None, session: Session, name: str) -> dict[str, Any]:
    """A button that takes turns away, and what it says once it was pressed: it asks first."""
    lang = session.lang
    if state is None or session.armed != name:
        return {"value": t(lang, f"merge.{name}"), "variant": "secondary"}
    return {"value": t(lang, f"merge.{name}_sure", n=state.turn), "variant": "stop"}


def _turn_buttons(state: RunState | None, session: Session) -> dict[str, Any]:
    """Which buttons take turns forward and back."""
    idle = state is not None and state.mergeable and not busy(state)
    more = {"interactive": state is not None and idle and state.turn < state.spec.turns}
    undo = {"interactive": state is not None and idle and state.turn > 0}
    return {
        "step": more,
        "step_round": more,
        "run": more,
        "back": undo,
        "reset": {**undo, **_undoing(state, session, "reset")},
    }


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Everything on the Merge screen."""
    lang = session.lang
    turn = state.turn if state is not None else 0
    idle = state is not None and state.mergeable and not busy(state)
    shown = shown_turn(state, session) if state is not None else 0
    locked = state is not None and state.locked
    return {
        **settings.paint(state, session),
        "advanced": {"open": False},  # closed after they are mounted, see ui/app.py
        "recipe_fold": {"open": False},
        **_turn_buttons(state, session),
        "when_row": {"visible": state is not None and bool(state.skills)},
        "when": {
            "choices": [(t(lang, f"merge.when.{w}"), w) for w in ("round", "turn", "off")],
            "value": session.when,
        },
        "look": {
            "maximum": max(turn, 1),
            "value": shown,
            "interactive": turn > 0,
        },
        "look_end": {"value": t(lang, "merge.look_end", n=turn), "visible": shown < turn},
        "occupancy": occupancy(state, session),
        "counters": counters(state, session),
        "curves": curves(state, session),
        "summary": _summary(state, session),
        "unscored": _unscored(state, session),
        "change": {
            "interactive": idle and locked,
            "visible": locked,
            **_undoing(state, session, "change"),
        },
        "locked_note": note([t(lang, "merge.locked")] if locked else [], "quiet"),
    }
