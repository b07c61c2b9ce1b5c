"""What a run shows of scores. No algorithm, no weights."""

from typing import Literal

from pydantic import Field, field_validator

from obim.evaluation.rules import Light, Verdict
from obim.types import Frozen

FlipKind = Literal["worse", "forgotten", "recovered"]


class ScoreState(Frozen):
    """One model on one evaluation set.

    Attributes:
        model: ``base``, donor name, ``merged`` or a baseline's name.
        turn: for ``merged``, else None.
        quick: a seeded draw of the dev items rather than all report items.
        mean_tokens: mean tokens an item.
        unit: of the score: ``share`` (0..1), ``perplexity`` or ``bits``.
        higher_is_better: of the score.
        items_hash: tells the items from others (`obim.evaluation.items.items_hash`).
    """

    skill: str
    model: str
    turn: int | None
    quick: bool
    evaluator: str
    n: int
    score: float
    low: float
    high: float
    mean_tokens: float
    unit: str = "share"
    higher_is_better: bool = True
    items_hash: str = ""


class BudgetState(Frozen):
    """How many items a quick evaluation takes, as it was measured for this run.

    Attributes:
        seconds: that were chosen, for one model on all skills.
        items: skill -> practice items.
        usual: skill -> practice items where no seconds are chosen.
        takes: skill -> seconds that ``items`` take.
    """

    seconds: float
    items: dict[str, int] = Field(default_factory=dict)
    usual: dict[str, int] = Field(default_factory=dict)
    takes: dict[str, float] = Field(default_factory=dict)


class IntervalState(Frozen):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class VerdictState(Frozen):
    """A paired test of two models on the same items.

    Attributes:
        skill: empty: the mean over all skills.
        model: whose verdict it is.
        against: the other.
        seconds: that the quick evaluation was to take; None: it was of the usual items.
        difference: of the scores, the model's minus the other's.
        verdict: whether the model is better.
        n: items.
        needed: about how many items would show such a difference; None: there is none.
    """

    skill: str
    model: str
    against: str
    quick: bool
    seconds: float | None = None
    difference: IntervalState
    p: float
    verdict: Literal["better", "worse", "unclear"]
    n: int
    needed: int | None


class StandingState(Frozen):
    """How one model stands on one skill, or over all of them.

    Attributes:
        skill: empty: the mean over all skills.
        seconds: that the quick evaluation was to take; None: it was of the usual items.
        score: of all skills; None for a single one, whose `ScoreState` has it.
        retention: score / best donor's score; None where no donor has anything right.
        best: that donor; empty for the mean.
    """

    skill: str
    model: str
    quick: bool
    seconds: float | None = None
    score: IntervalState | None
    retention: IntervalState | None
    best: str


class FlipState(Frozen):
    """One item that models disagree on.

    Attributes:
        kind: ``worse``: the base or the best donor has it right and the merged model wrong;
            ``forgotten``: the base has it right, a donor and the merged model wrong;
            ``recovered``: the base has it right, a donor wrong and the merged model right.
        donor: who forgot it; empty for ``worse``.
        answers: label of a model -> what it writes.
        right: label -> how it was scored.
        near_tie: what a model writes here and how it was scored contradict each other: two tokens
            are so close that the rounding of 16 bit decides between them.
    """

    skill: str
    item: str
    prompt: str
    expected: str
    answers: dict[str, str]
    kind: FlipKind = "worse"
    donor: str = ""
    right: dict[str, bool] = Field(default_factory=dict)
    near_tie: bool = False


class CompareState(Frozen):
    """What became of one skill's items in the merge.

    Attributes:
        lost: items that a rival has right and the merged model wrong.
        shown: how many of them are among ``RunState.flips``.
        rivals: names of the base and the best donor, as far as they were scored on the same items;
            empty: the merge was compared with nothing.
        n: items.
        forgotten: donor -> items that the base has right and the donor wrong; of the donors that
            were scored on the same items as the base.
        recovered: donor -> how many of them the merged model has right.
        change: donor -> the merged model's score minus the donor's, and the ends of its paired
            95 % interval.
    """

    skill: str
    lost: int
    shown: int
    rivals: tuple[str, ...]
    n: int = 0
    forgotten: dict[str, int] = Field(default_factory=dict)
    recovered: dict[str, int] = Field(default_factory=dict)
    change: dict[str, tuple[float, float, float]] = Field(default_factory=dict)


class GateState(Frozen):
    """What became of the rules at one turn, on its quick scores.

    Attributes:
        light: the worst of all rules.
        verdicts: one a rule.
        retention: mean over the skills that belong to a donor of score / best donor's score, as
            in a `StandingState`; None where those got nothing right.
        items: skill -> items that were asked.
        compared: skills that were red, how much of each got worse.
        flips: such items with the answers of base, donor and merge.
    """

    turn: int
    light: Light
    verdicts: tuple[Verdict, ...]
    retention: IntervalState | None
    items: dict[str, int] = Field(default_factory=dict)
    compared: tuple[CompareState, ...] = ()
    flips: tuple[FlipState, ...] = ()

    @field_validator("retention", mode="before")
    @classmethod
    def _of_donors_only(cls, value: object) -> object:
        """Journals of before have a bare number, in which skills of no donor counted: not this."""
        return None if isinstance(value, float) else value

    @property
    def skills(self) -> set[str]:
        """All that anything here is about."""
        return {f.skill for v in self.verdicts for f in v.figures} | self.items.keys()


class PauseState(Frozen):
    """Red ended a merge job at ``turn``, and took it back to ``back_to`` (the same: nowhere)."""

    turn: int
    back_to: int
