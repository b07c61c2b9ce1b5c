"""What became of the rules turn by turn, the ways back, and what that means for an export."""

from dataclasses import replace
from typing import Any

from obim import Figure, GateState, Rule, RunState
from ui.i18n import t
from ui.painting import items
from ui.painting.frame import busy
from ui.painting.methods import model_label
from ui.painting.rules import gates_of, rows, sentence, titled
from ui.painting.saving import columns, saving
from ui.painting.wording import blank, names, note, percent, signed, stamped
from ui.session import Session


def gate_at(state: RunState, turn: int) -> GateState | None:
    """What became of the rules at a turn, if that was judged."""
    return next((gate for gate in state.gates if gate.turn == turn), None)


def last_green(state: RunState) -> int | None:
    """The last turn before the present one that kept the rules, where the present one doesn't."""
    now = gate_at(state, state.turn)
    if now is not None and now.light == "green":
        return None
    greens = (g.turn for g in state.gates if g.turn < state.turn and g.light == "green")
    return max(greens, default=None)


def _figure(lang: str, state: RunState, rule: Rule, figure: Figure) -> dict[str, Any]:
    """One skill under a rule: the figure, its interval, the limit, and what that is worth."""
    asked = rule.limit / 100
    shift = asked if rule.kind == "fall" else 0.0
    words = t(
        lang, f"gates.{rule.kind}_figure", skill=titled(lang, state, figure.skill),
        score=percent(figure.score), against=model_label(lang, figure.against),
        reference=percent(figure.reference), limit=f"{rule.limit:g}",
        floor_points=f"{0 - rule.limit:g}".replace("-", "−"),
        floor=percent(asked * figure.reference), points=signed(100 * (figure.margin - shift)),
        low=signed(100 * (figure.low - shift)), high=signed(100 * (figure.high - shift)),
    )  # fmt: skip
    if figure.light == "amber":
        kept = "gates.perhaps_kept" if figure.margin >= 0 else "gates.perhaps_broken"
        words += " " + t(lang, kept, n=figure.n)
        if figure.needed is not None:
            words += " " + t(lang, "gates.needed", n=f"{figure.needed:,}")
    return {"light": figure.light, "word": t(lang, f"gates.{figure.light}"), "text": words}


def _head(lang: str, state: RunState, gate: GateState) -> str:
    if state.paused is not None and state.paused.turn == gate.turn:
        return paused_title(lang, state)
    return t(lang, f"gates.head_{gate.light}", turn=gate.turn)


def _shown(state: RunState, session: Session) -> GateState | None:
    """The judgement to show: where red ended the job, else the last one up to the turn shown."""
    turn = state.turn if session.look is None else min(session.look, state.turn)
    if state.paused is not None and session.look is None:
        turn = state.paused.turn
    return next((gate for gate in reversed(state.gates) if gate.turn <= turn), None)


def _remarks(state: RunState, session: Session, gate: GateState) -> list[str]:
    lang, lines = session.lang, []
    if session.gating and tuple(v.rule for v in gate.verdicts) != gates_of(state, session).rules:
        lines.append(t(lang, "gates.changed"))
    best = gate_at(state, state.best_turn) if state.best_turn is not None else None
    if best is not None and best.retention is not None:
        ends = best.retention
        share, low, high = (percent(x) for x in (ends.value, ends.low, ends.high))
        lines.append(t(lang, "gates.best", turn=best.turn, share=share, low=low, high=high))
    return lines


def verdicts(state: RunState | None, session: Session) -> dict[str, Any]:
    """Value of the Verdicts."""
    lang = session.lang
    gate = _shown(state, session) if state is not None else None
    if state is None or gate is None:
        return blank(t(lang, "gates.empty"))
    return stamped(
        {
            "state": "ready",
            "message": "",
            "label": t(lang, "gates.label"),
            "light": gate.light,
            "word": t(lang, f"gates.{gate.light}"),
            "head": _head(lang, state, gate),
            "rules": [
                {
                    "light": v.light,
                    "word": t(lang, f"gates.{v.light}"),
                    "text": sentence(lang, state, v.rule),
                    "figures": [_figure(lang, state, v.rule, figure) for figure in v.figures],
                }
                for v in gate.verdicts
            ],
            "turns_label": t(lang, "gates.turns"),
            "turns": [
                {
                    "text": str(g.turn),
                    "light": g.light,
                    "word": t(lang, f"gates.{g.light}"),
                    "now": g.turn == gate.turn,
                }
                for g in state.gates
            ],
            "remarks": _remarks(state, session, gate),
            "foot": t(lang, "gates.foot"),
            "table": _table(lang, state),
            "save": saving(lang, state, t(lang, "gates.label"), "rules"),
        }
    )


def _table(lang: str, state: RunState) -> list[Any]:
    """Head and rows of the saved file: every figure of every judged turn, shares as they are."""
    keys = ("turn", "rule", "light", "skill", "score", "against", "reference", "margin")
    rows = [
        [gate.turn, sentence(lang, state, verdict.rule), t(lang, f"gates.{f.light}"),
         titled(lang, state, f.skill), f.score, model_label(lang, f.against), f.reference,
         f.margin, f.low, f.high, f.n]
        for gate in state.gates for verdict in gate.verdicts for f in verdict.figures
    ]  # fmt: skip
    return [columns(lang, *keys, "low", "high", "items"), rows]


def paused_title(lang: str, state: RunState) -> str:
    """That red ended the job, and where the merge stands."""
    assert state.paused is not None
    gone = state.paused.back_to < state.paused.turn
    where = {"turn": state.paused.turn, "back_to": state.paused.back_to}
    return t(lang, "gates.went_back" if gone else "gates.paused", **where)


def paused(state: RunState, session: Session) -> tuple[str, str]:
    """What the job bar says where red ended a job: what happened, and which rules are broken."""
    lang = session.lang
    gate = gate_at(state, state.paused.turn) if state.paused is not None else None
    broken = [v.rule for v in gate.verdicts if v.light == "red"] if gate is not None else []
    why = t(lang, "page.semicolon").join(sentence(lang, state, rule) for rule in broken)
    return paused_title(lang, state), t(lang, "gates.broken", rules=why) if why else ""


def _lost(state: RunState | None, session: Session, gate: GateState | None) -> dict[str, Any]:
    """The items that red lost, and how many there are of each skill."""
    lang = session.lang
    if state is None or gate is None or not gate.flips:
        return {"flips_box": {"visible": False}, "flips_note": note([]), "flips": blank("")}
    lines = []
    for one in gate.compared:
        rivals = names(lang, [model_label(lang, r) for r in one.rivals], "page.or")
        told = {"skill": titled(lang, state, one.skill), "lost": one.lost, "shown": one.shown}
        key = "evaluate.lost" if one.shown == one.lost else "evaluate.lost_some"
        lines.append(t(lang, key, rivals=rivals, **told))
    there = state.model_copy(update={"flips": gate.flips, "compared": gate.compared})
    return {
        "flips_box": {"visible": True},
        "flips_note": note([t(lang, "gates.flipped", turn=gate.turn), *lines], "quiet"),
        "flips": items.paint(there, replace(session, kind="worse"), "rules-items"),
    }


def export_lines(state: RunState | None, session: Session) -> list[str]:
    """Which turn is about to be exported, and that it kept the rules, where it did."""
    if state is None or not state.turn:
        return []
    whole = state.turn == state.spec.turns  # of a part of it the warning says the same
    lines = [t(session.lang, "export.which", turn=state.turn)] if whole else []
    gate = gate_at(state, state.turn)
    if gate is not None and gate.light == "green":
        lines.append(t(session.lang, "export.green"))
    return lines


def export_warnings(state: RunState, session: Session) -> list[str]:
    """What speaks against exporting the present turn, by the rules."""
    lang, gate, asked = session.lang, gate_at(state, state.turn), gates_of(state, session)
    if gate is None:
        return [t(lang, "export.unjudged")] if asked.rules else []
    broken = [v.rule for v in gate.verdicts if v.light == gate.light]
    rules = t(lang, "page.semicolon").join(sentence(lang, state, rule) for rule in broken)
    lines = [] if gate.light == "green" else [t(lang, f"export.{gate.light}", rules=rules)]
    if asked.rules and tuple(v.rule for v in gate.verdicts) != asked.rules:
        lines.append(t(lang, "export.rules_changed"))
    return lines


def paint(state: RunState | None, session: Session) -> dict[str, Any]:
    """Rules, lights and the ways back on the Merge screen."""
    lang = session.lang
    able = state is not None and bool(state.skills)
    idle = able and state is not None and state.mergeable and not busy(state)
    turn = state.turn if state is not None else 0
    green = last_green(state) if state is not None else None
    best = state.best_turn if state is not None else None
    gate = _shown(state, session) if state is not None else None
    off = session.gating and session.when == "off"
    return {
        "rules_fold": {"open": False},
        "gates_box": {"visible": able},
        "gating": {"value": session.gating},
        "on_red_box": {"visible": session.gating},
        "on_red": {
            "choices": [(t(lang, f"gates.on_red.{r}"), r) for r in ("pause", "back", "go_on")],
            "value": session.on_red,
        },
        "rules_note": note([t(lang, "gates.off")] if off else [], "warn"),
        **rows(state, session),
        "verdicts_box": {"visible": gate is not None or (able and session.gating)},
        "verdicts": verdicts(state, session),
        "judge": {
            "interactive": idle and turn > 0,
            "visible": able and session.gating and turn > 0,
        },
        "go_green": {
            "interactive": idle,
            "visible": green is not None,
            "value": t(lang, "gates.go_green", turn=green or 0),
        },
        "go_best": {
            "interactive": idle,
            "visible": best is not None and best not in (turn, green),
            "value": t(lang, "gates.go_best", turn=best or 0),
        },
        **_lost(state, session, gate),
    }
