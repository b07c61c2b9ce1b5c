"""What a run looks like from outside: one frozen picture read from its folder.

The page shows this and nothing else. No algorithm, no weights.
"""

from typing import Literal

from pydantic import Field

from obim.errors import Sentence
from obim.runs.explored import InterferenceState
from obim.runs.exported import ExportState
from obim.runs.needs import Needs
from obim.runs.outlook import Outlook
from obim.runs.packing import packed
from obim.runs.scored import (
    BudgetState,
    CompareState,
    FlipState,
    GateState,
    PauseState,
    ScoreState,
    StandingState,
    VerdictState,
)
from obim.runs.sentences import Said
from obim.runs.trust import Trusted
from obim.runs.tuned import TunedState
from obim.runs.what_ifs import WhatIfs
from obim.types import Frozen, MergeSpec

JobKind = Literal[
    "check", "calibrate", "explore", "trust", "converge", "advance", "back", "evaluate", "tune",
    "export", "download", "look_up", "add_set", "remove_set", "reckon", "try_orders",
    "score_orders",
]  # fmt: skip
JobStatus = Literal["waiting", "running", "done", "stopped", "failed", "interrupted"]


class JobState(Frozen):
    """The job in hand or the last one.

    Attributes:
        fraction: done, 0..1.
        seconds_left: estimate, None while unknown.
        phase: key of the sentence the page shows (``read_headers``, ``scan``, ``load``, ...).
        detail: a name that belongs to the phase (donor, tensor, skill), plain text.
        error: one sentence for the user when failed.
    """

    kind: JobKind
    status: JobStatus
    fraction: float = 0.0
    seconds_left: float | None = None
    phase: str = ""
    detail: str = ""
    error: Said = Sentence("")


class CardState(Frozen):
    """Preflight of one model; ``changed``, and problems of the weights, arrive with the scan.

    Attributes:
        kind: full model or PEFT adapter.
        changed: share of all weights that differ from the base, 0..1; None before the scan.
        problems: sentences that forbid the merge; warnings are those that don't.
    """

    role: Literal["base", "donor"]
    name: str
    kind: Literal["full", "adapter"]
    architecture: str
    layers: int
    parameters: int
    vocabulary: int
    dtype: str
    changed: float | None = None
    problems: tuple[Said, ...] = ()
    warnings: tuple[Said, ...] = ()


class TensorSaliency(Frozen):
    """One cell of the heatmap.

    Attributes:
        tensor: file tensor name.
        layer: decoder layer from 0, None outside the layers.
        module: e.g. ``q_proj``; ``embed_tokens``, ``lm_head``, ``norm`` outside the layers.
        shape: of the tensor.
        change: the tensor's share of the donor's squared change, sum D^2 / sum over all D^2.
        top10: share of the tensor's saliency that its top 10 % of positions hold, 0..1.
        survival: share of changed entries that still differ from the base after the cast; None
            until the merge is prepared, and where the tensor may not change.
    """

    tensor: str
    layer: int | None
    module: str
    shape: tuple[int, ...]
    change: float
    top10: float
    survival: float | None = None


class DonorSaliency(Frozen):
    """Saliency summary of one donor.

    Attributes:
        source: ``file``, ``bundled``, ``self`` or ``none``: where the texts came from.
        texts: calibration texts used.
        tokens: calibration tokens used.
        survival: share of its changed entries that survive the cast; None until it is prepared.
        norm_kept: 1 - |cast error| / |D|: what survives of the norm, 0..1; None until then.
        missing: tensors without statistics and why.
        figures: of `hutchinson`: ``probes`` a batch, ``clamped`` the share of negative estimates.
        seconds: that measuring took, None where that is not known.
    """

    donor: str
    estimator: str
    source: Literal["file", "bundled", "self", "none"]
    texts: int
    tokens: int
    survival: float | None = None
    norm_kept: float | None = None
    tensors: tuple[TensorSaliency, ...]
    missing: dict[str, str] = Field(default_factory=dict)
    figures: dict[str, float] = Field(default_factory=dict)
    seconds: float | None = None


class TurnState(Frozen):
    """One finished turn, positions counted a group (a layer or ``embed``/``norm``...).

    Attributes:
        claimed: positions claimed in each group, same order as ``RunState.groups``.
        short: positions it was entitled to but could not have (they ran out).
        parts: positions claimed in each of ``RunState.parts``; empty in runs of before.
    """

    number: int
    round: int
    donor: int
    claimed: tuple[int, ...]
    short: int
    seconds: float
    parts: tuple[int, ...] = ()


class SkillState(Frozen):
    """An evaluation set that can be used in this run."""

    id: str
    title: dict[str, str]
    donor: str | None
    items: int


class RunState(Frozen):
    """Everything the page shows of a run.

    Attributes:
        revision: grows with every change of the folder.
        interference: how donors interfere, as far as they were compared.
        groups: (label, layer or None) -> rows of the occupancy chart, in model order.
        group_sizes: positions a group that may be claimed or stay base (mergeable tensors only).
        parts: (layer or None, kind of module) -> what donors can be switched off in.
        survivors: claimable positions a donor (None: not prepared), ``contested``: wanted by more.
        turn: last turn done, 0 = nothing merged; ``turns`` are 1..turn in order.
        verdicts: paired tests between the scores of the current turn; ``standings``: retentions.
        budgets: items of quick evaluations by their seconds, as far as measured.
        flips: of the current turn; ``compared``: a skill evaluated at it each.
        gates: turns that were judged by rules, in order; those that were undone since too.
        best_turn: the judged turn, green if any is, that kept most of the donors' scores.
        paused: red ended the last merge job; None once turns went forward or back.
        pace: seconds a unit of `obim.runs.effort`, measured in scoring.
        tuned: a method that settings were tried of each; ``what_ifs``: settings without merging.
        downloads: (reference, name, kind) of the models fetched from the hub meanwhile.
        outlook: what the model of the hub that was looked up last takes, until it is fetched.
        trust: estimates held against the truth, how many texts are enough, what reading took.
        locked: method settings can't change any more (fork to change).
        needs: what merging takes on this machine; None until it is foreseen.
        unscored: why the last turns were not scored, empty where they were.
    """

    id: str
    revision: int
    spec: MergeSpec
    recipe: str
    job: JobState | None = None
    cards: tuple[CardState, ...] = ()
    mergeable: bool = False
    scanned: bool = False
    saliency: tuple[DonorSaliency, ...] = ()
    interference: InterferenceState | None = None
    groups: tuple[tuple[str, int | None], ...] = ()
    group_sizes: tuple[int, ...] = ()
    parts: tuple[tuple[int | None, str], ...] = ()
    contested: int | None = None
    survivors: tuple[int, ...] | None = None
    turn: int = 0
    turns: tuple[TurnState, ...] = ()
    locked: bool = False
    needs: Needs | None = None
    unscored: Said = Sentence("")
    skills: tuple[SkillState, ...] = ()
    scores: tuple[ScoreState, ...] = ()
    verdicts: tuple[VerdictState, ...] = ()
    standings: tuple[StandingState, ...] = ()
    budgets: tuple[BudgetState, ...] = ()
    flips: tuple[FlipState, ...] = ()
    compared: tuple[CompareState, ...] = ()
    gates: tuple[GateState, ...] = ()
    best_turn: int | None = None
    paused: PauseState | None = None
    pace: float | None = None
    tuned: tuple[TunedState, ...] = ()
    what_ifs: WhatIfs = WhatIfs()
    exports: tuple[ExportState, ...] = ()
    downloads: tuple[tuple[str, str, Literal["full", "adapter"]], ...] = ()
    outlook: Outlook | None = None
    trust: Trusted = Trusted()

    @property
    def owner_map_bytes(self) -> int:
        """About what the map of owners takes in an export: its entropy, as far as packing gets."""
        owned = [0] * len(self.spec.donors)
        for turn in self.turns:
            owned[turn.donor] += sum(turn.claimed)
        return packed(sum(self.group_sizes), owned)
