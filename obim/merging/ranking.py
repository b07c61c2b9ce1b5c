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

from obim.errors import CalibrationError, Incompatible
from obim.merging import in_torch, loops
from obim.merging.kernels import Keys, sort_keys
from obim.merging.pieces import Piece, Sums, blocks, too_large
from obim.registry import Entry
from obim.types import InputStats, TensorStats


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

    def rank(
        self, piece: Piece, delta: Tensor, total: float, keys: Keys, candidate: Tensor
    ) -> Sums:
        """Rank some rows of one tensor.

        Args:
            piece: the base there, on any device.
            delta: D, float32, same shape and device.
            total: of the tensor's saliency, from `total`; used with ``shares``.
            keys: (positions,), on the CPU, written in place.
            candidate: (positions,), output dtype, on the CPU, written in place.

        Raises:
            Incompatible: shapes differ, or the delta is not a number somewhere.
            RecipeError: the merged values do not fit the output dtype.
        """
        name, original = piece.name, piece.original
        if delta.shape != original.shape:
            raise self._misfit(name, delta, original)
        delta = delta.float()
        scaled = delta if self.scale == 1.0 else delta * self.scale
        candidate.copy_((merged := original + scaled).reshape(-1))
        saliency, primary, measured = self._saliency(name, delta, piece.rows)
        if self.shares and total > 0:
            saliency = (saliency.cpu().double() / total).float().to(delta.device)
        try:
            if delta.device.type == "cpu":
                sort_keys(saliency, primary, delta, keys)
                sums = self._compare(piece, delta, candidate, keys)
            else:
                found = in_torch.encode(saliency, primary, delta)
                cast = merged.to(self.dtype).float()
                sums = in_torch.compare(delta, scaled, piece.written, cast, found)
                keys[:] = in_torch.to_numpy(found)
        except ValueError:
            self._explain(name, delta, candidate)
            raise
        if not math.isfinite(sums[2] + sums[3]):
            self._explain(name, delta, candidate)
        return Sums(*sums, measured)

    def _compare(
        self, piece: Piece, delta: Tensor, candidate: Tensor, keys: Keys
    ) -> tuple[int, int, float, float]:
        sums: tuple[int, int, float, float] = loops.compare(
            delta.reshape(-1).numpy(),
            np.float32(self.scale),
            piece.written.reshape(-1).numpy(),
            candidate.float().numpy(),
            keys,
        )
        return sums

    def total(self, name: str, delta: Tensor, rows: slice) -> float:
        """Sum of the saliency of some rows."""
        # numpy's sum: torch's depends on the number of threads in the last bits
        return float(self.saliency_of(name, delta, rows).numpy().sum(dtype="float64"))

    def saliency_of(self, name: str, delta: Tensor, rows: slice) -> Tensor:
        """Saliency of the delta of one piece (see `pieces.blocks`), float32, not divided."""
        return self._saliency(name, delta, rows)[0]

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
            raise too_large(name, self.dtype)

    def saliency(self, name: str, delta: Tensor) -> tuple[Tensor, bool]:
        """Saliency of one whole tensor's delta, float32, same shape.

        Returns:
            Saliency, divided by its sum with ``shares``; whether statistics were there if needed.
        """
        whole = delta.reshape(delta.shape or (1,))
        parts = [self._saliency(name, whole[rows], rows) for rows in blocks(delta.shape)]
        saliency = torch.cat([whole[:0], *(part for part, _, _ in parts)]).reshape(delta.shape)
        if self.shares and parts:
            total = sum(float(part.numpy().sum(dtype="float64")) for part, _, _ in parts)
            saliency = (saliency.double() / (total or 1.0)).float()
        return saliency, all(measured for _, _, measured in parts)

    def _saliency(
        self, name: str, delta: Tensor, rows: slice
    ) -> tuple[Tensor, Tensor | None, bool]:
        """Saliency of some rows; the primary tier (None: all); whether there were statistics."""
        stats: TensorStats | None = None
        measured = True
        if self.estimator.facts.get("needs_statistics"):
            stats = self.stats.tensors.get(name) if self.stats is not None else None
            measured = stats is not None
            if stats is None:
                stats = TensorStats((torch.ones((1,) * delta.ndim),))
            else:
                stats = _rows_of(stats, rows)
            stats = stats.change(lambda term: term.to(delta.device))
        generator = generator_of(self.seed, self.index, f"{name}/{rows.start}")
        saliency: Tensor = self.estimator.function(delta, stats, generator)
        primary = None
        if stats is not None and stats.lexicographic:
            primary = (stats.diagonal() > 0).expand(delta.shape)
        return saliency, primary, measured


def _rows_of(stats: TensorStats, rows: slice) -> TensorStats:
    """The statistics of some rows: terms that are the same for all rows stay as they are."""
    return stats.change(lambda term: term[rows] if term.ndim and term.shape[0] > 1 else term)


def generator_of(seed: int, donor: int, name: str) -> torch.Generator:
    """A generator of its own for each donor and tensor, so that no order of work matters."""
    digest = hashlib.sha256(f"{seed}/{donor}/{name}".encode()).digest()
    generator = torch.Generator()
    generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return generator
