"""What speaks for caution with a merge, found by rules, each with the figures it is about."""

from collections.abc import Iterator

from obim.insight.advice import (
    AVERAGE,
    Fact,
    Remark,
    averaged,
    compared,
    export_now,
    gate_now,
    turns_taken,
)  # fmt: skip
from obim.insight.measured import BASE, Measured, SkillOutcome
from obim.registry import find
from obim.runs.state import RunState

LOW_SURVIVAL = 0.9
"""Share of a donor's changed entries that should survive the cast, or it is worth a word."""


def find_risks(measured: Measured, outcomes: list[SkillOutcome]) -> tuple[Remark, ...]:
    """All that holds of the run, the gravest first."""
    found = [
        *_skills(measured, outcomes),
        *_rules(measured.state),
        *_sample(measured, outcomes),
        *_rivals(measured),
        *_statistics(measured.state),
        *_weights(measured.state),
        *_export(measured.state),
        *_assumptions(measured.state),
    ]
    return tuple(sorted(found, key=lambda remark: not remark.grave))


def _skills(measured: Measured, outcomes: list[SkillOutcome]) -> Iterator[Remark]:
    for outcome in outcomes:
        skill = outcome.skill.id
        if outcome.outcome == "lost":
            yield Remark("fell", compared(measured, skill, BASE), {"skill": skill}, grave=True)
        if outcome.weaker:
            names = {"skill": skill, "against": outcome.best}
            yield Remark("below_donor", compared(measured, skill, outcome.best), names, grave=True)


def _rules(state: RunState) -> Iterator[Remark]:
    gate = gate_now(state)
    if gate is not None and gate.light != "green":
        turn = {"turn": Fact("turn", state.turn, "count")}
        yield Remark(f"gate_{gate.light}", turn, grave=gate.light == "red")
    if state.unscored:
        yield Remark("not_scored")


def _sample(measured: Measured, outcomes: list[SkillOutcome]) -> Iterator[Remark]:
    """Small samples, missing scores, and how often chance alone would speak."""
    if measured.amount is not None and measured.amount[0]:
        yield Remark("quick", grave=True)
    for outcome in outcomes:
        skill = outcome.skill.id
        if outcome.outcome == "unmeasured":
            yield Remark("unmeasured", names={"skill": skill})
        for against, told in ((BASE, outcome.base), (outcome.best, outcome.donor)):
            if told is None or told.verdict != "unclear" or not measured.may_have_fallen(told):
                continue
            facts = compared(measured, skill, against)
            names = {"skill": skill, "against": against}
            if told.needed is not None and told.needed > told.n:
                facts["needed"] = Fact(f"needed/{skill}/{against}", told.needed, "count")
            yield Remark("unclear_needed" if "needed" in facts else "unclear", facts, names)
    tests = sum(told is not None for o in outcomes for told in (o.base, o.donor))
    if tests > 1:
        yield Remark("tests", {"tests": Fact("tests", tests, "count")})


def _rivals(measured: Measured) -> Iterator[Remark]:
    if (told := measured.verdict("", AVERAGE)) is None or told.verdict == "better":
        return
    if facts := averaged(measured):
        grave = told.verdict == "worse"
        yield Remark("average", facts, {"against": AVERAGE}, grave=grave)


def _statistics(state: RunState) -> Iterator[Remark]:
    """What saliency was measured on, or wasn't."""
    for donor in state.saliency:
        name = {"donor": donor.donor}
        if donor.missing:
            missing = Fact(f"missing/{donor.donor}", len(donor.missing), "count")
            yield Remark("missing", {"missing": missing}, name)
        if donor.source == "self":
            yield Remark("self_texts", names=name)
        if donor.source == "none":
            yield Remark("no_texts", names=name)


def _weights(state: RunState) -> Iterator[Remark]:
    for donor in state.saliency:
        if donor.survival is not None and donor.survival < LOW_SURVIVAL:
            facts = {"survival": Fact(f"survival/{donor.donor}", donor.survival, "share")}
            yield Remark("cast", facts, {"donor": donor.donor, "dtype": state.spec.dtype})
    short = sum(turn.short for turn in state.turns)
    if short:
        yield Remark("short", {"short": Fact("short", short, "count")})
    if state.spec.base == "demo:base":
        yield Remark("dequantised")
    if 0 < state.turn < state.spec.turns:
        yield Remark("unfinished", turns_taken(state))


def _export(state: RunState) -> Iterator[Remark]:
    done = export_now(state)
    if done is None:
        if state.turn:
            yield Remark("not_exported")
        return
    if not done.identical:
        yield Remark("differs", names={"name": done.name}, grave=True)
    if done.dtype != state.spec.dtype:
        yield Remark("other_dtype", names={"dtype": done.dtype, "measured": state.spec.dtype})


def _assumptions(state: RunState) -> Iterator[Remark]:
    """What the method takes for granted, and what no score here tells."""
    if find("merge_method", state.spec.method).facts.get("needs_saliency"):
        yield Remark("diagonal")
    if state.spec.base.startswith("demo:") and state.skills:
        yield Remark("generated")
    yield Remark("only_these")
