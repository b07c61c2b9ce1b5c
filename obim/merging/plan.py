"""What of a model a merge may change, and who takes part: names, sizes, rankings, turns.

Everything here follows from the spec, the headers and the statistics; no weight is read.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from obim.errors import RecipeError, RunError
from obim.merging.obim import Field, Visit, schedule
from obim.merging.ranking import Ranking
from obim.models.device import CPU
from obim.registry import Entry, find
from obim.types import InputStats, MergeSpec, TensorInfo

_CONV1D_MODELS = {"gpt2", "openai-gpt"}
_CONV1D_WEIGHTS = ("c_attn.weight", "q_attn.weight", "c_proj.weight", "c_fc.weight")
_FLOATS = {"bfloat16", "float16", "float32", "float64"}


class Base(Protocol):
    """What a merge needs of the base checkpoint."""

    @property
    def config(self) -> Mapping[str, Any]:
        """config.json."""

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """Headers by name."""

    def read(self, name: str) -> Tensor:
        """A fresh copy of one tensor, as stored."""


class Source(Protocol):
    """What a merge needs of a donor."""

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        """D, float32, of all rows or some; None where the donor cannot differ from the base."""


def changeable(spec: MergeSpec, base: Base) -> list[str]:
    """Sorted names of the tensors that may change: floating point, included, not excluded.

    Raises:
        RecipeError: no tensor is left.
    """
    names = [
        name
        for name, info in sorted(base.tensors.items())
        if info.dtype in _FLOATS
        and any(fnmatchcase(name, pattern) for pattern in spec.include)
        and not any(fnmatchcase(name, pattern) for pattern in spec.exclude)
    ]
    if not names:
        raise RecipeError(
            "The include and exclude patterns leave no tensor to merge; widen 'include'."
        )
    return names


def not_reached(turn: int, last: int) -> RunError:
    """The error of a turn that lies ahead or does not exist; ``last`` is the last one done."""
    return RunError(
        "Turn {turn} has not been reached; choose one from 0 to {last}.", turn=turn, last=last
    )


def require_turns(spec: MergeSpec) -> None:
    """Refuse a method that can't be stepped.

    Raises:
        RecipeError: it has no turns.
    """
    if not find("merge_method", spec.method).facts.get("exclusive"):
        raise RecipeError(
            "{method!r} has no turns to step through; choose 'obim'.", method=spec.method
        )


def row_axis(config: Mapping[str, Any], name: str) -> Literal[0, 1]:
    """The axis that counts a weight's outputs: 1 for the Conv1D weights of GPT-2, else 0."""
    conv = config.get("model_type") in _CONV1D_MODELS and name.endswith(_CONV1D_WEIGHTS)
    return 1 if conv else 0


class Plan:
    """The part of a merge that needs no weights.

    Attributes:
        spec: as given.
        method: the registered merge method.
        names: sorted names of the tensors that may change.
        visits: all turns in order.
        densities: a donor's density each.
        rankings: a donor's ranking each; empty where the method needs no saliency.
        dtype: output dtype.
        device: where positions are ranked and claimed.
    """

    def __init__(
        self,
        spec: MergeSpec,
        base: Base,
        stats: Sequence[InputStats | None],
        device: torch.device = CPU,
    ) -> None:
        self.spec, self.device = spec, device
        self.method: Entry = find("merge_method", spec.method)
        self.names = changeable(spec, base)
        self.visits: tuple[Visit, ...] = schedule(len(spec.donors), spec.rounds, spec.rotate)
        self.densities = [spec.density_of(k) for k in range(len(spec.donors))]
        self.dtype: torch.dtype = getattr(torch, spec.dtype)
        self.rankings: list[Ranking] = []
        if self.method.facts.get("needs_saliency"):
            self.rankings = self._rankings(stats)
        self._base = base

    def _rankings(self, stats: Sequence[InputStats | None]) -> list[Ranking]:
        entry = find("estimator", self.spec.estimator)
        return [
            Ranking(
                donor=donor.name,
                index=k,
                scale=donor.scale,
                estimator=entry,
                stats=stats[k],
                seed=self.spec.seed,
                dtype=self.dtype,
                shares=not entry.comparable and self.spec.scope == "global",
            )
            for k, donor in enumerate(self.spec.donors)
        ]

    def field(self, name: str) -> Field:
        """Within what positions of a tensor are ranked (``global`` counts as the tensor here)."""
        scope: Literal["tensor", "row"] = "row" if self.spec.scope == "row" else "tensor"
        return Field(self._base.tensors[name].shape, scope, row_axis(self._base.config, name))
