"""Which of a run's scores a report is about, and what each skill's verdict comes to.

It reads a run's picture; it scores and tests nothing.
"""

from dataclasses import dataclass
from typing import Literal

from obim.runs.amounts import Amount, amounts, is_of
from obim.runs.scored import ScoreState, StandingState, VerdictState
from obim.runs.state import RunState, SkillState

BASE, MERGED = "base", "merged"
TOLERANCE = 0.05
"""A skill of no donor counts as held where the interval of its difference to the base ends no
lower than this below 0 (share of right answers)."""

Outcome = Literal["lost", "gained", "held", "unclear", "unmeasured"]


@dataclass(frozen=True)
class SkillOutcome:
    """What the merge did to one skill.

    Attributes:
        outcome: ``lost``: significantly worse than the base; ``gained``: significantly better;
            ``held``: a skill of no donor that the base has something right of, and that can't have
            fallen by more than `TOLERANCE`;
            ``unclear``: the items can't tell; ``unmeasured``: merge and base lack scores on the
            same items.
        base: the merge against the base.
        best: the donor that scores highest, or the skill's own; empty where there is none.
        donor: the merge against ``best``.
        kept: share of the best donor's score.
    """

    skill: SkillState
    outcome: Outcome
    base: VerdictState | None = None
    best: str = ""
    donor: VerdictState | None = None
    kept: StandingState | None = None

    @property
    def weaker(self) -> bool:
        """Significantly worse than the best donor alone."""
        return self.donor is not None and self.donor.verdict == "worse"


class Measured:
    """The scores of one amount of items: all held back if the merge has them, else a quick draw.

    Attributes:
        amount: quick, and its seconds; None: nothing was scored.
        scores: (skill, model) -> score, of the merge, whole or switched, only the present turn's.
        skills: those with a score, in the run's order.
        models: those with a score: merge, base, donors, then the others as they were scored.
    """

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.amount = _amount(state)
        self.scores: dict[tuple[str, str], ScoreState] = {
            (s.skill, s.model): s
            for s in state.scores
            if self.amount is not None
            and is_of(s, self.amount, state.budgets)
            and s.turn in (None, state.turn)
        }
        found = dict.fromkeys(model for _, model in self.scores)
        first = [MERGED, BASE, *(donor.name for donor in state.spec.donors)]
        self.models = [m for m in first if m in found] + [m for m in found if m not in first]
        self.skills = [s for s in state.skills if any(skill == s.id for skill, _ in self.scores)]

    def verdict(self, skill: str, against: str) -> VerdictState | None:
        """The merge against a model on the same items; skill ``""``: over all skills."""
        wanted = (skill, MERGED, against, self.amount)
        return next(
            (
                v
                for v in self.state.verdicts
                if (v.skill, v.model, v.against, (v.quick, v.seconds)) == wanted
            ),
            None,
        )

    def standing(self, skill: str, model: str = MERGED) -> StandingState | None:
        """How a model stands on a skill; ``""``: over all skills."""
        wanted = (skill, model, self.amount)
        return next(
            (s for s in self.state.standings if (s.skill, s.model, (s.quick, s.seconds)) == wanted),
            None,
        )

    def outcomes(self) -> list[SkillOutcome]:
        """One a skill of the run, those never scored too."""
        return [self._outcome(skill) for skill in self.state.skills]

    def _outcome(self, skill: SkillState) -> SkillOutcome:
        base = self.verdict(skill.id, BASE)
        if (skill.id, MERGED) not in self.scores or base is None:
            return SkillOutcome(skill, "unmeasured")
        kept = self.standing(skill.id)
        best = (kept.best if kept is not None else "") or skill.donor or ""
        donor = self.verdict(skill.id, best) if best else None
        return SkillOutcome(skill, self._kind(skill, base), base, best, donor, kept)

    def _kind(self, skill: SkillState, base: VerdictState) -> Outcome:
        if base.verdict != "unclear":
            return "lost" if base.verdict == "worse" else "gained"
        share = self.scores[skill.id, MERGED].unit == "share"
        theirs = self.scores.get((skill.id, BASE))
        held = share and skill.donor is None and theirs is not None and theirs.score > 0
        return "held" if held and base.difference.low >= -TOLERANCE else "unclear"

    def may_have_fallen(self, told: VerdictState) -> bool:
        """Whether the items leave it open that the merge is worse than another model.

        Of shares: by more than `TOLERANCE`, and where the other has anything right to lose.
        """
        theirs = self.scores.get((told.skill, told.against))
        if theirs is None or theirs.unit != "share":
            return told.verdict != "better"
        return theirs.score > 0 and told.difference.low < -TOLERANCE


def _amount(state: RunState) -> Amount | None:
    """All held-back items, then the usual practice items, then those of some seconds."""
    order = sorted(amounts(state.budgets), key=lambda a: (a[0], a[1] is not None, -(a[1] or 0)))
    for merged in (True, False):
        for amount in order:
            for score in state.scores:
                mine = score.model == MERGED and score.turn == state.turn
                if (mine or (not merged and score.model != MERGED)) and is_of(
                    score, amount, state.budgets
                ):
                    return amount
    return None
