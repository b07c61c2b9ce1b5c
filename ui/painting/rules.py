"""The rules of a merge on screen: plain sentences and the controls that set them."""

from typing import Any

from obim import Gates, Rule, RunState
from ui.i18n import t
from ui.painting.skills import skill_title
from ui.session import Session

MAX_RULES = 6
FALL, KEEP = 5, 40
"""Points below the base, and percent of the donor, that are offered first."""


def offered(state: RunState) -> list[Rule]:
    """Rules to begin with: what belongs to no donor hardly falls, each donor leaves its mark."""
    if not any(skill.donor for skill in state.skills):
        return [Rule(kind="fall", limit=FALL)]
    general = next((s.id for s in state.skills if s.donor is None), None)
    return [Rule(kind="fall", skill=general, limit=FALL), Rule(kind="keep", limit=KEEP)]


def rules_of(state: RunState, session: Session) -> list[Rule]:
    """The rules on screen; those about skills of other merges are left out."""
    if session.rules is None:
        return offered(state)
    possible = about(state)
    rules = [Rule.model_validate(rule) for rule in session.rules]
    return [rule for rule in rules if (rule.kind, rule.skill) in possible]


def gates_of(state: RunState, session: Session) -> Gates:
    """What a merge job is to judge; nothing where the rules are switched off."""
    if not session.gating or not state.skills:
        return Gates()
    return Gates(rules=tuple(rules_of(state, session)), on_red=session.on_red)


def about(state: RunState) -> list[tuple[str, str | None]]:
    """(kind, skill) of all rules that can be made of this merge's skills."""
    donors = [skill.id for skill in state.skills if skill.donor]
    falls = [("fall", None), *(("fall", skill.id) for skill in state.skills)]
    return falls + ([("keep", None), *(("keep", skill) for skill in donors)] if donors else [])


def titled(lang: str, state: RunState, skill: str | None) -> str:
    """A skill's name by its id."""
    return next((skill_title(lang, s) for s in state.skills if s.id == skill), skill or "")


def sentence(lang: str, state: RunState, rule: Rule) -> str:
    """A rule in plain words."""
    every = "_every" if rule.skill is None else ""
    donor = next((s.donor for s in state.skills if s.id == rule.skill), None) or ""
    limit = f"{rule.limit:g}"
    return t(
        lang, f"gates.{rule.kind}{every}", skill=titled(lang, state, rule.skill), limit=limit,
        donor=donor,
    )  # fmt: skip


def rows(state: RunState | None, session: Session) -> dict[str, Any]:
    """A row a rule: what it is about, its limit, a button that takes it away."""
    lang = session.lang
    shown: dict[str, Any] = {}
    rules = rules_of(state, session) if state is not None and session.gating else []
    kinds = about(state) if state is not None else []
    choices = [
        (
            t(lang, f"gates.about_{kind}" if skill else f"gates.about_{kind}_every",
              skill=titled(lang, state, skill)) if state is not None else "",
            f"{kind}:{skill or ''}",
        )
        for kind, skill in kinds
    ]  # fmt: skip
    for i in range(MAX_RULES):
        rule = rules[i] if i < len(rules) else None
        shown[f"rule{i}"] = {"visible": rule is not None}
        value = f"{rule.kind}:{rule.skill or ''}" if rule is not None else None
        shown[f"about{i}"] = {"choices": choices, "value": value, "label": t(lang, "gates.about")}
        label = sentence(lang, state, rule) if rule is not None and state is not None else ""
        shown[f"limit{i}"] = {"value": rule.limit if rule is not None else 0, "label": label}
        shown[f"drop{i}"] = {"value": t(lang, "gates.drop")}
    return shown | {"add_rule": {"visible": session.gating and len(rules) < MAX_RULES}}
