"""Rules that a merge has to keep, and what became of them: plain facts. It judges nothing."""

from typing import Literal

from pydantic import Field

from obim.types import Frozen

Light = Literal["green", "amber", "red"]
RuleKind = Literal["fall", "keep"]
OnRed = Literal["pause", "back", "go_on"]
MAX_RULES = 6


class Rule(Frozen):
    """One sentence about skills that are scored as a share of right answers.

    A loss (perplexity, bits) is no share: nobody can say how many points of it matter, so no rule
    can be about one.

    Attributes:
        kind: ``fall``: at most ``limit`` points below the base; ``keep``: at least ``limit`` % of
            what its donor gets right.
        skill: id of an evaluation set; None: every one that the rule can be about.
        limit: percentage points, or percent of the donor's score.
    """

    kind: RuleKind
    skill: str | None = None
    limit: float = Field(ge=0, le=100)


class Gates(Frozen):
    """What is judged after each quick evaluation of a merge, and what red does.

    Attributes:
        rules: none: nothing is judged.
        on_red: end the job there; or go back to the last green turn (0 if there is none) and end
            it; or go on.
    """

    rules: tuple[Rule, ...] = Field(default=(), max_length=MAX_RULES)
    on_red: OnRed = "pause"


class Figure(Frozen):
    """One skill under one rule. Scores are shares, 0..1.

    Attributes:
        against: label of the model it is held against: ``base`` or a donor.
        score: of the merge.
        reference: of the other, on the same items.
        margin: how far the merge lies above what the rule asks; below 0 the rule is broken.
        low: lower end of the margin's interval.
        high: upper end.
        n: items.
        needed: about how many items would make the light green or red if the scores stayed; None
            where it is, or where the margin is 0.
    """

    skill: str
    against: str
    score: float
    reference: float
    margin: float
    low: float
    high: float
    light: Light
    n: int
    needed: int | None = None


class Verdict(Frozen):
    """What became of a rule: the worst light of its skills, and a figure for each."""

    rule: Rule
    light: Light
    figures: tuple[Figure, ...]
