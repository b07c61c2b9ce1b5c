"""What a report recommends, by rules that it states, each reason with its figures.

The rules, the first that holds decides:

1. Nothing is merged, or nothing of this turn is scored against the base: measure first.
2. A rule that the user set is broken (red), or an export reads back otherwise: don't use it.
3. Scores are of practice items only: measure on the held-back items first.
4. A skill is significantly worse than the base: don't use it where none gained; where one did,
   measure more if a rule is in doubt, else use it for the skills that gained or held.
5. Every skill gained, or was held where no donor is to bring it, no rule is in doubt, no turn is
   left, and the merge isn't significantly worse than a plain average of the donors: use it.
6. Some gained: use it for those that gained or held, and measure the others with more items. None
   did: measure more.

A skill that is significantly worse than with the best donor alone counts as neither gained nor
held in the rules 4 to 6.
"""

from dataclasses import dataclass, field
from typing import Literal

from obim.insight.measured import BASE, MERGED, Measured, SkillOutcome
from obim.runs.exported import ExportState
from obim.runs.scored import GateState
from obim.runs.state import RunState

AVERAGE = "linear"
"""The simplest rival: a merge that isn't better than it hardly pays for its work."""

Decision = Literal["use", "partly", "measure", "dont"]
Unit = Literal["share", "points", "number", "count", "p"]


@dataclass(frozen=True)
class Fact:
    """One figure of a run.

    Attributes:
        path: where in the run it stands, e.g. ``score/dates/merged``.
        value: as the run has it.
        unit: ``share`` (0..1), ``points`` (a difference of shares), ``number`` (in a score's own
            unit), ``count``, or ``p``.
    """

    path: str
    value: float
    unit: Unit


@dataclass(frozen=True)
class Remark:
    """A sentence by its key, and what fills it: figures, or names as plain text.

    Attributes:
        key: of the sentence.
        facts: placeholder -> figure.
        names: placeholder -> text: ``skill`` is a skill's id, ``model`` and ``against`` are labels
            of models, anything else is shown as it is.
        grave: it speaks against using the merge.
    """

    key: str
    facts: dict[str, Fact] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    grave: bool = False


@dataclass(frozen=True)
class Advice:
    """The recommendation.

    Attributes:
        decision: what to do with the merge as it is.
        skills: ids of those it can be used for.
        rule: number of the rule above that decided.
        reasons: why, with figures.
    """

    decision: Decision
    skills: tuple[str, ...]
    rule: int
    reasons: tuple[Remark, ...]


def advise(measured: Measured, outcomes: list[SkillOutcome]) -> Advice:
    """The recommendation by the rules above."""
    state, gate = measured.state, gate_now(measured.state)
    reasons = [*_standing_reasons(measured, gate), *(_reason(measured, o) for o in outcomes)]
    good = [o for o in outcomes if o.outcome in ("gained", "held") and not o.weaker]
    gained, fine = any(o.outcome == "gained" for o in good), tuple(o.skill.id for o in good)
    known = [o for o in outcomes if o.outcome != "unmeasured"]
    if not state.turn or not known:
        return Advice("measure", (), 1, tuple(reasons))
    if (gate is not None and gate.light == "red") or _differs(state):
        return Advice("dont", (), 2, tuple(reasons))
    if measured.amount is not None and measured.amount[0]:
        return Advice("measure", (), 3, tuple(reasons))
    doubt = gate is not None and gate.light == "amber"
    if any(o.outcome == "lost" for o in known):
        if not gained or doubt:
            return Advice("measure" if gained else "dont", (), 4, tuple(reasons))
        return Advice("partly", fine, 4, tuple(reasons))
    whole = state.turn == state.spec.turns and not _below_average(measured)
    if len(fine) == len(outcomes) and gained and whole and not doubt:
        return Advice("use", fine, 5, tuple(reasons))
    return Advice("partly" if gained else "measure", fine if gained else (), 6, tuple(reasons))


def gate_now(state: RunState) -> GateState | None:
    """What became of the rules at the present turn."""
    return next((gate for gate in state.gates if gate.turn == state.turn), None)


def export_now(state: RunState) -> ExportState | None:
    """The last export of the present turn."""
    return next((e for e in reversed(state.exports) if e.turn == state.turn), None)


def difference(skill: str, against: str, share: bool) -> tuple[str, str, str, Unit]:
    """Paths of a verdict's difference and its ends, and their unit."""
    tail = f"{skill}/{against}"
    return f"diff/{tail}", f"diff_low/{tail}", f"diff_high/{tail}", "points" if share else "number"


def _differs(state: RunState) -> bool:
    done = export_now(state)
    return done is not None and not done.identical


def _below_average(measured: Measured) -> bool:
    told = measured.verdict("", AVERAGE)
    return told is not None and told.verdict == "worse"


def _standing_reasons(measured: Measured, gate: GateState | None) -> list[Remark]:
    state, found = measured.state, []
    if not state.turn:
        found.append(Remark("nothing_merged"))
    elif not any(model == MERGED for _, model in measured.scores):
        found.append(Remark("unscored", {"turn": Fact("turn", state.turn, "count")}))
    if 0 < state.turn < state.spec.turns:
        found.append(Remark("unfinished", turns_taken(state)))
    if gate is not None:
        turn = {"turn": Fact("turn", state.turn, "count")}
        found.append(Remark(f"gate_{gate.light}", turn, grave=gate.light == "red"))
    if _differs(state):
        found.append(Remark("differs", grave=True))
    if _below_average(measured) and (rival := averaged(measured)):
        found.append(Remark("average", rival, {"against": AVERAGE}, grave=True))
    if measured.amount is not None and measured.amount[0]:
        found.append(Remark("quick"))
    return found


def _reason(measured: Measured, outcome: SkillOutcome) -> Remark:
    skill, base = outcome.skill.id, outcome.base
    if base is None:
        return Remark("unmeasured", names={"skill": skill})
    facts = compared(measured, skill, BASE)
    key: str = outcome.outcome
    weaker = outcome.weaker and key in ("gained", "held")
    if weaker:
        theirs = compared(measured, skill, outcome.best)
        facts |= {f"donor_{name}": fact for name, fact in theirs.items()}
        key = "gained_weaker" if key == "gained" else "held_weaker"
    elif key == "unclear":
        rival = measured.scores[skill, BASE]
        nothing = rival.unit == "share" and rival.score == 0
        key = "unclear_zero" if nothing else "unclear"
        if base.needed is not None and base.needed > base.n:
            facts["needed"] = Fact(f"needed/{skill}/{BASE}", base.needed, "count")
            key = "unclear_zero_needed" if nothing else "unclear_needed"
    names = {"skill": skill, "against": outcome.best}
    return Remark(key, facts, names, grave=weaker or key == "lost")


def compared(measured: Measured, skill: str, against: str) -> dict[str, Fact]:
    """The merge's and another's score on a skill, their difference with its interval, and n."""
    told = measured.verdict(skill, against)
    mine, theirs = measured.scores[skill, MERGED], measured.scores.get((skill, against))
    share = mine.unit == "share"
    unit: Unit = "share" if share else "number"
    facts = {"score": Fact(f"score/{skill}/{MERGED}", mine.score, unit)}
    if theirs is not None:
        facts["other"] = Fact(f"score/{skill}/{against}", theirs.score, unit)
    if told is not None:
        value, low, high, points = difference(skill, against, share)
        facts["diff"] = Fact(value, told.difference.value, points)
        facts["low"] = Fact(low, told.difference.low, points)
        facts["high"] = Fact(high, told.difference.high, points)
        facts["n"] = Fact(f"n/{skill}/{against}", told.n, "count")
        facts["p"] = Fact(f"p/{skill}/{against}", told.p, "p")
    return facts


def turns_taken(state: RunState) -> dict[str, Fact]:
    """At which turn the merge stands, and of how many."""
    total = Fact("turns", state.spec.turns, "count")
    return {"turn": Fact("turn", state.turn, "count"), "turns": total}


def averaged(measured: Measured) -> dict[str, Fact]:
    """Means over all skills of the merge and of a plain average, and their difference's interval.

    Empty where either has none.
    """
    told = measured.verdict("", AVERAGE)
    mine, theirs = measured.standing(""), measured.standing("", AVERAGE)
    if told is None or mine is None or theirs is None:
        return {}
    if mine.score is None or theirs.score is None:
        return {}
    return {
        "score": Fact(f"mean/{MERGED}", mine.score.value, "share"),
        "other": Fact(f"mean/{AVERAGE}", theirs.score.value, "share"),
        "low": Fact(f"diff_low//{AVERAGE}", told.difference.low, "points"),
        "high": Fact(f"diff_high//{AVERAGE}", told.difference.high, "points"),
    }
