"""The nouns that cross room borders: specs, statistics, turns, results.

Everything here is frozen. No algorithm, no files.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

Dtype = Literal["bfloat16", "float16", "float32"]
Scope = Literal["tensor", "row", "global"]
MAX_TURNS = 255
"""The owner map is one byte a position, and 0 means base."""


class Frozen(BaseModel):
    """Checked when it is made, without fields that nobody knows, and never changed after."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Donor(Frozen):
    """One fine-tuned copy of the base.

    Attributes:
        name: shown on screen, unique within a spec.
        source: folder of a model or of a PEFT adapter, or ``demo:<id>``.
        density: fraction of each tensor's positions it may claim, 0..1; None means 1/K.
        scale: the factor its delta is multiplied with.
        calibration: a .jsonl, .txt or .csv file, ``demo:<id>``, ``self`` (texts that the donor
            writes itself) or None (no texts: only ``magnitude`` and ``random`` work then).
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    source: Annotated[str, Field(min_length=1, max_length=4096)]
    density: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    scale: Annotated[float, Field(ge=-10.0, le=10.0)] = 1.0
    calibration: str | None = None


class MergeSpec(Frozen):
    """Everything that decides the bits of a merge; its YAML form is the recipe.

    Attributes:
        base: folder of the base model, or ``demo:base``.
        donors: at least one, in the order of their turns.
        method: name of a registered merge method.
        estimator: name of a registered saliency estimator.
        rounds: rounds R; R x K <= 255.
        rotate: start each round with the next donor of the order.
        scope: within what positions are ranked.
        include: patterns (fnmatch) of tensor names that may change.
        exclude: patterns of tensor names that stay the base, bit for bit.
        normalize: divide by the sum of weights where a baseline can; None: the method decides.
        dtype: output dtype.
        seed: for everything random.
        calibration_tokens: tokens of calibration text a donor, at most.
    """

    base: Annotated[str, Field(min_length=1, max_length=4096)]
    donors: Annotated[tuple[Donor, ...], Field(min_length=1, max_length=MAX_TURNS)]
    method: str = "obim"
    estimator: str = "layerwise"
    rounds: Annotated[int, Field(ge=1, le=MAX_TURNS)] = 10
    rotate: bool = True
    scope: Scope = "tensor"
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    normalize: bool | None = None
    dtype: Dtype = "bfloat16"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    calibration_tokens: Annotated[int, Field(ge=1, le=10_000_000)] = 8192

    @model_validator(mode="after")
    def _consistent(self) -> "MergeSpec":
        names = [donor.name for donor in self.donors]
        if len(set(names)) != len(names):
            raise PydanticCustomError(
                "same_name", "two donors have the same name; give each its own"
            )
        if self.turns > MAX_TURNS:
            raise PydanticCustomError(
                "too_many_turns",
                "rounds x donors is {turns}, the most is {most}; use fewer rounds",
                {"turns": self.turns, "most": MAX_TURNS},
            )
        return self

    def density_of(self, donor: int) -> float:
        """The density of donor number ``donor`` (from 0), 1/K where none was given."""
        density = self.donors[donor].density
        return 1.0 / len(self.donors) if density is None else density

    @property
    def turns(self) -> int:
        """R x K."""
        return self.rounds * len(self.donors)


@dataclass(frozen=True)
class TensorInfo:
    """What a safetensors header says of one tensor; no weights.

    Attributes:
        name: name in the file.
        shape: as stored.
        dtype: torch name, e.g. ``bfloat16``.
        file: file name inside the model folder.
        nbytes: bytes on disk.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    file: str
    nbytes: int

    @property
    def numel(self) -> int:
        """Number of positions."""
        size = 1
        for n in self.shape:
            size *= n
        return size


@dataclass(frozen=True)
class TensorStats:
    """Diagonal curvature of one FILE tensor as a sum of broadcastable terms.

    ``H = sum(curvature * gains)``, each term float32 with as many axes as the weight: a Linear has
    ``((1, in),)``, a Conv1D ``((in, 1),)``, an untied embedding ``((vocab, 1),)``, a tied one
    ``((vocab, 1), (1, in))``, a norm ``((n,),)``, a bias ``((1,),)`` of ones; or one term of the
    weight's own shape where H was measured entry by entry.

    Attributes:
        curvature: the terms, mean squared input per token.
        lexicographic: positions with H = 0 rank after all others, by |D| among themselves
            (embedding rows never seen).
        gains: what each term is multiplied with, mean squared gradient of what the module puts
            out: a Linear has ``((out, 1),)``; empty where they are all 1.
    """

    curvature: tuple[Tensor, ...]
    lexicographic: bool = False
    gains: tuple[Tensor, ...] = ()

    def diagonal(self) -> Tensor:
        """H, float32, broadcastable to the weight."""
        terms = [term.float() for term in self.curvature]
        if self.gains:
            pairs = zip(terms, self.gains, strict=True)
            terms = [term * gain.float() for term, gain in pairs]
        return terms[0] if len(terms) == 1 else sum(terms[1:], terms[0])

    def change(self, how: Callable[[Tensor], Tensor]) -> "TensorStats":
        """The same with another piece of every term and gain, or with them elsewhere."""
        curvature, gains = (tuple(how(x) for x in part) for part in (self.curvature, self.gains))
        return TensorStats(curvature, self.lexicographic, gains)


@dataclass(frozen=True)
class InputStats:
    """Statistics of one donor on its own calibration texts.

    Attributes:
        tensors: file tensor name -> curvature.
        tokens: calibration tokens counted (padding excluded).
        texts: number of texts.
        missing: file tensors without statistics, with the reason (shown to the user).
        figures: what else is to be told of the measuring: ``probes`` drawn a batch, ``clamped``
            the share of entries whose estimate was negative and is now 0.
    """

    tensors: dict[str, TensorStats]
    tokens: int
    texts: int
    missing: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """One donor's turn.

    Attributes:
        number: t, from 1.
        round: r, from 1.
        donor: index into the spec's donors.
        claimed: positions claimed a tensor, in sorted order of tensor names.
        wanted: positions it was entitled to a tensor (claimed is less where they ran out).
        seconds: wall time.
    """

    number: int
    round: int
    donor: int
    claimed: tuple[int, ...]
    wanted: tuple[int, ...]
    seconds: float


@dataclass(frozen=True)
class Item:
    """One evaluation item.

    Attributes:
        id: unique within its set.
        prompt: what is asked; empty where only ``answer`` is read.
        answer: the right answer; what it means is up to the set's evaluator.
        novel: its form was never seen in training (the demo's sets say so).
        choices: what may be answered, ``answer`` among it; empty: anything.
    """

    id: str
    prompt: str
    answer: str
    novel: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemResult:
    """How a model did on one item; a set's score is ``sum(value) / sum(weight)``.

    Attributes:
        id: of the item.
        value: 1 right, 0 wrong; or a loss.
        weight: 1; or what the loss is counted by (tokens, bytes).
        answer: the text that was judged, where the evaluator had one written.
    """

    id: str
    value: float
    weight: float = 1.0
    answer: str | None = None
