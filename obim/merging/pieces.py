"""One tensor in pieces of whole rows: the base there, and what ranking a piece comes to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from obim.errors import Incompatible, RecipeError
from obim.merging.kernels import Keys

BLOCK = 1 << 16
"""Positions ranked at a time, if whole rows allow: they stay in the processor's cache."""


def blocks(shape: Sequence[int]) -> list[slice]:
    """Cut a tensor along its first axis into pieces of about `BLOCK` positions."""
    rows, each = (shape[0], math.prod(shape[1:])) if shape else (1, 1)
    step = max(1, BLOCK // max(1, each))
    return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]


@dataclass(frozen=True)
class Ranked:
    """What one donor may claim of one tensor.

    Attributes:
        keys: (numel,), see `kernels.sort_keys`.
        candidate: (numel,), output dtype: cast(W0 + scale D).
        sums: over the tensor.
    """

    keys: Keys
    candidate: Tensor
    sums: "Sums"


@dataclass(frozen=True)
class Sums:
    """What a donor's delta of one tensor, or of a piece of it, adds up to.

    Attributes:
        entries: number of non-zero entries of the delta.
        surviving: how many of them are claimable.
        square: sum of (scale D)^2.
        error: sum of (cast(W0 + scale D) - cast(W0) - scale D)^2, what the cast does to the delta.
        measured: False where the estimator wants statistics and the tensor has none: it is ranked
            by its squared delta then (H = 1).
    """

    entries: int = 0
    surviving: int = 0
    square: float = 0.0
    error: float = 0.0
    measured: bool = True

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.entries + other.entries,
            self.surviving + other.surviving,
            self.square + other.square,
            self.error + other.error,
            self.measured and other.measured,
        )


@dataclass(frozen=True)
class Piece:
    """Some rows of one tensor of the base, for all donors to be compared with.

    Attributes:
        name: of the tensor.
        rows: which, along its first axis.
        original: W0, float32.
        written: cast(W0), float32.
    """

    name: str
    rows: slice
    original: Tensor
    written: Tensor

    @staticmethod
    def of(name: str, rows: slice, base: Tensor, dtype: torch.dtype) -> "Piece":
        """Raises what `cast` does."""
        original = base.float()
        written = original if base.dtype == dtype else cast(base, dtype, name).float()
        return Piece(name, rows, original, written)

    def to(self, device: torch.device) -> "Piece":
        """The same, on a device."""
        original = self.original.to(device)
        written = original if self.written is self.original else self.written.to(device)
        return Piece(self.name, self.rows, original, written)


def cast(tensor: Tensor, dtype: torch.dtype, name: str) -> Tensor:
    """Round to the output dtype.

    Raises:
        Incompatible: the tensor holds values that are not finite numbers already.
        RecipeError: a value does not fit.
    """
    result = tensor.to(dtype)
    pieces = [result[rows] for rows in blocks(result.shape)] if result.ndim else [result]
    if all(math.isfinite(float(piece.sum(dtype=torch.float64))) for piece in pieces):
        return result  # sums are cheaper than a look at each value, and tell as much
    if not bool(torch.isfinite(result).all()):
        if bool(torch.isfinite(tensor).all()):
            raise too_large(name, dtype)
        raise Incompatible(
            "The base or a donor holds values that are not finite numbers in {tensor!r}; use "
            "an undamaged copy.",
            tensor=name,
        )
    return result


def too_large(name: str, dtype: torch.dtype) -> RecipeError:
    """The refusal of values that the output dtype can't hold."""
    return RecipeError(
        "Merged values of {tensor!r} do not fit {dtype}; choose bfloat16 or float32 as output "
        "dtype, or a smaller scale.",
        tensor=name,
        dtype=str(dtype).removeprefix("torch."),
    )
