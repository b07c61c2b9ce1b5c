"""From one donor's delta of one tensor to what it may claim: keys, candidate values, survival.

``claimable = cast(W0 + scale D) != cast(W0)`` in the output dtype. It applies an estimator that it
is handed, and reads no files.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from obim.errors import CalibrationError, Incompatible, RecipeError
from obim.merging import loops
from obim.merging.kernels import Keys, sort_keys
from obim.registry import Entry
from obim.types import InputStats, TensorStats


@dataclass(frozen=True)
class Ranked:
    """What one donor may claim of one tensor.

    Attributes:
        keys: (numel,), see `kernels.sort_keys`.
        candidate: (numel,), output dtype: cast(W0 + scale D).
        entries: number of non-zero entries of the delta.
        surviving: how many of them are claimable.
        square: sum of (scale D)^2.
        error: sum of (cast(W0 + scale D) - cast(W0) - scale D)^2, what the cast does to the delta.
        measured: False where the estimator wants statistics and the tensor has none: it is ranked
            by its squared delta then (H = 1).
    """

    keys: Keys
    candidate: Tensor
    entries: int
    surviving: int
    square: float
    error: float
    measured: bool


@dataclass(frozen=True)
class Written:
    """One tensor of the base, for all donors to be compared with.

    Attributes:
        original: W0, float32.
        written: cast(W0), float32.
    """

    original: Tensor
    written: Tensor

    @staticmethod
    def of(base: Tensor, dtype: torch.dtype, name: str) -> "Written":
        """Raises what `cast` does."""
        return Written(base.float(), cast(base, dtype, name).float())


@dataclass(frozen=True)
class Ranking:
    """How one donor's entries are ranked, the same for every tensor.

    Attributes:
        donor: its name, for error texts.
        index: its place in the order of donors.
        scale: factor of its delta.
        estimator: registered estimator.
        stats: its statistics, or None.
        seed: of the spec.
        dtype: output dtype.
        shares: divide saliency by the tensor's sum, to compare tensors with each other.
    """

    donor: str
    index: int
    scale: float
    estimator: Entry
    stats: InputStats | None
    seed: int
    dtype: torch.dtype
    shares: bool = False

    def __post_init__(self) -> None:
        if self.estimator.facts.get("needs_statistics") and self.stats is None:
            raise CalibrationError(
                "{donor!r} has no calibration statistics, which the estimator {estimator!r} "
                "needs; calibrate it or choose 'magnitude'.",
                donor=self.donor,
                estimator=self.estimator.name,
            )

    def rank(self, name: str, base: Written, delta: Tensor) -> Ranked:
        """Rank one tensor.

        Args:
            name: of the tensor.
            base: W0 and what is written where nobody claims.
            delta: D, float32, same shape.

        Raises:
            Incompatible: shapes differ, or the delta is not a number somewhere.
            RecipeError: the merged values do not fit the output dtype.
        """
        original, written = base.original, base.written
        if delta.shape != original.shape:
            raise self._misfit(name, delta, original)
        delta = delta.float()
        candidate = (original + delta * self.scale).to(self.dtype)
        claimable = torch.empty(delta.shape, dtype=torch.bool)
        entries, surviving, square, error = loops.compare(
            delta.reshape(-1).numpy(),
            np.float32(self.scale),
            written.reshape(-1).numpy(),
            candidate.float().reshape(-1).numpy(),
            claimable.view(-1).numpy(),
        )
        if not math.isfinite(square + error):
            self._explain(name, delta, candidate)
        saliency, primary, measured = self.saliency(name, delta)
        return Ranked(
            keys=sort_keys(saliency, claimable, primary, delta),
            candidate=candidate.reshape(-1),
            entries=entries,
            surviving=surviving,
            square=square,
            error=error,
            measured=measured,
        )

    def _misfit(self, name: str, delta: Tensor, original: Tensor) -> Incompatible:
        return Incompatible(
            "{donor!r} has {tensor!r} with shape {shape}, the base has {wanted}; choose a "
            "fine-tune of this base.",
            donor=self.donor,
            tensor=name,
            shape=tuple(delta.shape),
            wanted=tuple(original.shape),
        )

    def _explain(self, name: str, delta: Tensor, candidate: Tensor) -> None:
        """Say why sums over the tensor are not finite."""
        if not bool(torch.isfinite(delta).all()):
            raise Incompatible(
                "{donor!r} holds values that are not finite numbers in {tensor!r}; leave it "
                "out or exclude that tensor.",
                donor=self.donor,
                tensor=name,
            )
        if not bool(torch.isfinite(candidate).all()):
            raise _too_large(name, self.dtype)

    def saliency(self, name: str, delta: Tensor) -> tuple[Tensor, Tensor | None, bool]:
        """Saliency of one tensor's delta, float32, same shape.

        Returns:
            Saliency; the primary tier (None: all of it); whether statistics were there if needed.
        """
        stats: TensorStats | None = None
        measured = True
        if self.estimator.facts.get("needs_statistics"):
            stats = self.stats.tensors.get(name) if self.stats is not None else None
            if stats is None:
                measured = False
                stats = TensorStats((torch.ones((1,) * delta.ndim),))
        generator = generator_of(self.seed, self.index, name)
        saliency: Tensor = self.estimator.function(delta, stats, generator)
        # numpy's sum: torch's depends on the number of threads in the last bits
        if self.shares and (total := float(saliency.numpy().sum(dtype="float64"))) > 0:
            saliency = (saliency.double() / total).float()
        primary = None
        if stats is not None and stats.lexicographic:
            curvature = sum(stats.curvature[1:], stats.curvature[0])
            primary = (curvature > 0).expand(delta.shape)
        return saliency, primary, measured


def cast(tensor: Tensor, dtype: torch.dtype, name: str) -> Tensor:
    """Round to the output dtype.

    Raises:
        Incompatible: the tensor holds values that are not finite numbers already.
        RecipeError: a value does not fit.
    """
    result = tensor.to(dtype)
    if not bool(torch.isfinite(result).all()):
        if bool(torch.isfinite(tensor).all()):
            raise _too_large(name, dtype)
        raise Incompatible(
            "The base or a donor holds values that are not finite numbers in {tensor!r}; use "
            "an undamaged copy.",
            tensor=name,
        )
    return result


def _too_large(name: str, dtype: torch.dtype) -> RecipeError:
    return RecipeError(
        "Merged values of {tensor!r} do not fit {dtype}; choose bfloat16 or float32 as output "
        "dtype, or a smaller scale.",
        tensor=name,
        dtype=str(dtype).removeprefix("torch."),
    )


def generator_of(seed: int, donor: int, name: str) -> torch.Generator:
    """A generator of its own for each donor and tensor, so that no order of work matters."""
    digest = hashlib.sha256(f"{seed}/{donor}/{name}".encode()).digest()
    generator = torch.Generator()
    generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return generator
