"""What the page can ask the worker for: jobs (long, one at a time) and reads (short, any time).

Plain frozen dataclasses that pickle; no behaviour.
"""

from dataclasses import dataclass, field
from typing import Literal

from obim.evaluation.columns import Columns
from obim.evaluation.rules import Gates
from obim.runs.trust_jobs import Converge, Trust
from obim.runs.what_if_jobs import Reckon, ScoreOrders, TryOrders, WhatIf
from obim.types import Dtype

EvaluateWhen = Literal["round", "turn", "off"]


@dataclass(frozen=True)
class Check:
    """Read the headers, then scan the weights for differences, NaN and Inf.

    It may be repeated; turns that were done stay.
    """


@dataclass(frozen=True)
class Calibrate:
    """Measure input statistics a donor (where the estimator needs them), then sum saliency up."""


@dataclass(frozen=True)
class Explore:
    """Compare the donors tensor by tensor; what was compared before stays."""


@dataclass(frozen=True)
class Advance:
    """Claim the next turns.

    Attributes:
        turns: how many; the last turn of the run is the end in any case. 0, with rules: none, the
            turn done last is only judged.
        evaluate: quick evaluation after each round, each turn, or not at all.
        gates: what is judged after each quick evaluation.
        seconds: that one takes about, as in `Evaluate`; None: it takes 40 items a skill.
    """

    turns: int
    evaluate: EvaluateWhen = "round"
    gates: Gates = field(default_factory=Gates)
    seconds: float | None = None


@dataclass(frozen=True)
class Back:
    """Go back so that ``turn`` is the last turn done (0: nothing merged)."""

    turn: int


@dataclass(frozen=True)
class Evaluate:
    """Score models on evaluation sets.

    Attributes:
        models: labels: ``base``, donor names, ``merged`` (the current turn), the same with donors
            switched off (`obim.runs.switches.label_of`), names of baselines.
        skills: ids of evaluation sets.
        items: at most this many dev items a set (a seeded draw), None for all report items.
        seconds: instead of ``items``: as many as one model reads in about this time on all skills
            of the run, at least 10 a set or all there are, measured once a run.
    """

    models: tuple[str, ...]
    skills: tuple[str, ...]
    items: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Tune:
    """Try settings of merge methods, the same number of each, on items that nothing else uses.

    Attributes:
        methods: names of merge methods.
        skills: ids of evaluation sets.
        tries: how many settings of each method.
    """

    methods: tuple[str, ...]
    skills: tuple[str, ...]
    tries: int


@dataclass(frozen=True)
class Export:
    """Write the current turn as a model folder, load it back, compare.

    Attributes:
        name: folder name under the exports folder.
        dtype: of the weights written.
        shard_bytes: largest file size in bytes.
        owner_map: with the map of owners, so that one donor can be taken out later.
    """

    name: str
    dtype: Dtype
    shard_bytes: int = 5_000_000_000
    owner_map: bool = True


@dataclass(frozen=True)
class Download:
    """Fetch a model of the hub into the hub's cache; the run itself stays as it is.

    Attributes:
        model: ``org/name`` or ``org/name@revision``.
    """

    model: str


@dataclass(frozen=True)
class LookUp:
    """Ask the hub for a model's headers: what fetching it takes, and merging with it.

    Attributes:
        model: ``org/name`` or ``org/name@revision``.
    """

    model: str


@dataclass(frozen=True)
class AddSet:
    """Save a table as an evaluation set of the user's own.

    Attributes:
        file: the table.
        columns: which column holds what.
        evaluator: name of the one that judges the answers.
        name: of the set.
        donor: source of the run's donor whose skill it is; None: a general one.
        replace: a set of the same name goes; else it is an error.
    """

    file: str
    columns: Columns
    evaluator: str
    name: str
    donor: str | None = None
    replace: bool = False


@dataclass(frozen=True)
class RemoveSet:
    """Delete an own evaluation set; ``set`` is its id."""

    set: str


Job = (
    Check | Calibrate | Explore | Trust | Converge | Advance | Back | Evaluate | Tune | Export
    | Download | LookUp | AddSet | RemoveSet | Reckon | TryOrders | ScoreOrders
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Look inside one tensor of one donor (weight picture, histogram, concentration)."""

    tensor: str
    donor: int
    size: int = 256


@dataclass(frozen=True)
class Chat:
    """Greedy answer of one model to one prompt.

    Attributes:
        model: as in `Evaluate`, but no baseline.
    """

    model: str
    prompt: str
    max_new_tokens: int = 64


@dataclass(frozen=True)
class Preview:
    """Look at a table that may become an evaluation set; None for columns: guess them."""

    file: str
    columns: Columns | None
    evaluator: str


@dataclass(frozen=True)
class Inside:
    """Look at single weights of one tensor, or at blocks of them.

    Attributes:
        tensor: its name in the files.
        view: who ``wants`` them, who ``got`` them, in which of the ``turns``.
        window: first row, row behind the last, first column, column behind the last, a row being
            an output; None: all of it.
        size: rows and columns of the picture at most.
        turn: at which; None: the last one done.
    """

    tensor: str
    view: Literal["wants", "got", "turns"] = "wants"
    window: tuple[int, int, int, int] | None = None
    size: int = 128
    turn: int | None = None


@dataclass(frozen=True)
class Owners:
    """Who owns how much after ``turn`` (None: the last one done): layers, modules, heads, turns."""

    turn: int | None = None


Read = Cell | Chat | Preview | Inside | Owners | WhatIf
