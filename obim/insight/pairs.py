"""Sums over one tensor, a pair of donors each, and what they come to over many tensors.

All sums add up, so a layer, a module and the model follow from the tensors exactly. It reads no
weights; `interference` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obim.types import Frozen

Floats = tuple[tuple[float, ...], ...]
Counts = tuple[tuple[int, ...], ...]
Table = NDArray[np.float64]
"""(donors, donors)."""


class TensorInterference(Frozen):
    """Sums over one tensor; tables have a row and a column for each of ``donors``.

    A donor wants the positions of its top-density set: what it would take if it were alone.

    Attributes:
        tensor: file tensor name.
        layer: decoder layer from 0, None outside the layers.
        module: as in `obim.runs.state.TensorSaliency`.
        positions: of the tensor.
        donors: indices of the donors that can change it.
        unmeasured: those of them that are ranked without the statistics their estimator wants.
        products: sum of scale_a D_a scale_b D_b.
        claimable: positions that both can claim.
        wanted: positions that both want; on the diagonal: that one wants.
        opposed: positions that both want, in opposite directions.
        shared: saliency of the row's donor on positions that both want; on the diagonal: on all
            that it wants.
        lost: saliency of the row's donor on positions it wants and the column's donor gets once all
            turns are settled; on the diagonal: that it gets itself.
        crowded: a donor's positions each that any other donor wants too.
        contested: saliency of those.
        gained: saliency of all positions that a donor gets, wanted or taken instead.
    """

    tensor: str
    layer: int | None
    module: str
    positions: int
    donors: tuple[int, ...]
    unmeasured: tuple[int, ...] = ()
    products: Floats = ()
    claimable: Counts = ()
    wanted: Counts = ()
    opposed: Counts = ()
    shared: Floats = ()
    lost: Floats = ()
    crowded: tuple[int, ...] = ()
    contested: tuple[float, ...] = ()
    gained: tuple[float, ...] = ()


@dataclass(frozen=True)
class Overlap:
    """How much of the smaller of two sets lies in the other.

    Attributes:
        share: 0..1.
        chance: what is expected where each donor picks blindly among what it can claim, 0..1.
        spread: standard deviation of that.
    """

    share: float
    chance: float
    spread: float

    @property
    def ratio(self) -> float | None:
        """Times as much as by chance."""
        return self.share / self.chance if self.chance > 0 else None

    @property
    def beyond(self) -> float:
        """Standard deviations above chance."""
        return (self.share - self.chance) / self.spread if self.spread > 0 else 0.0


def blind(claimable: Table, sizes: Table) -> tuple[Table, Table]:
    """Positions that two blind picks share: expectation and variance, a pair each.

    Donor a picks ``sizes[a]`` of the ``C_a`` positions it can claim, b of its own ``C_b``, and
    ``C_ab`` can be claimed by both. X of a's picks lie in C_b, hypergeometric; of these b picks
    hypergeometrically. ``E = n_a n_b C_ab / (C_a C_b)``; the variance is that of the two steps
    (law of total variance). Where all can claim the same N it is the hypergeometric n_a n_b / N.

    Args:
        claimable: C_ab; C_a on the diagonal.
        sizes: (donors,), n_a.
    """
    own = np.maximum(np.diag(claimable), 1.0)
    ca, cb, na, nb = own[:, None], own[None, :], sizes[:, None], sizes[None, :]
    first = na * claimable / ca
    expected = first * nb / cb
    spread_first = first * (1 - claimable / ca) * (ca - na) / np.maximum(ca - 1, 1)
    mean_rest = first * cb - (spread_first + first**2)
    second = mean_rest * nb * (cb - nb) / (cb**2 * np.maximum(cb - 1, 1))
    return expected, np.maximum(second + (nb / cb) ** 2 * spread_first, 0.0)


class Comparison:
    """All pairs of donors over some tensors.

    Shares of saliency: a donor's saliency is added up as it is where the estimator's values can be
    compared between tensors. Else (`layerwise`: the unit is that layer's own) shares are taken
    within each tensor and averaged, weighted by the donor's squared change there.

    Attributes:
        positions: of all the tensors.
    """

    def __init__(self, parts: Sequence[TensorInterference], donors: int, comparable: bool) -> None:
        self.donors = donors
        self.positions = sum(part.positions for part in parts)
        self._counts: dict[str, Table] = {}
        self._sums: dict[str, Table] = {}
        self._expected, self._variance = np.zeros((2, donors, donors))
        for part in parts:
            self._add(part, comparable)

    def _add(self, part: TensorInterference, comparable: bool) -> None:
        if not part.donors:
            return
        at = np.ix_(part.donors, part.donors)
        for name in ("products", "claimable", "wanted", "opposed"):
            self._table(self._counts, name)[at] += np.array(getattr(part, name), np.float64)
        expected, variance = blind(
            np.array(part.claimable, np.float64), np.diag(np.array(part.wanted, np.float64))
        )
        self._expected[at] += expected
        self._variance[at] += variance
        factors = weights(part, comparable)[:, None]
        for name in ("shared", "lost"):
            self._table(self._sums, name)[at] += factors * np.array(getattr(part, name))
        for name in ("contested", "gained"):
            table = factors * np.diag(np.array(getattr(part, name)))
            self._table(self._sums, name)[at] += table

    def _table(self, tables: dict[str, Table], name: str) -> Table:
        return tables.setdefault(name, np.zeros((self.donors, self.donors)))

    def _count(self, name: str, a: int, b: int) -> float:
        return float(self._table(self._counts, name)[a, b])

    def _sum(self, name: str, a: int, b: int) -> float:
        return float(self._table(self._sums, name)[a, b])

    def cosine(self, a: int, b: int) -> float | None:
        """Of the two (scaled) deltas, -1..1; None where one of them changes nothing."""
        norm = sqrt(self._count("products", a, a) * self._count("products", b, b))
        return max(-1.0, min(1.0, self._count("products", a, b) / norm)) if norm > 0 else None

    def overlap(self, a: int, b: int) -> Overlap | None:
        """Of their top-density sets, as a share of the smaller one; None where it is empty."""
        size = min(self._count("wanted", a, a), self._count("wanted", b, b))
        if size <= 0:
            return None
        spread = sqrt(float(self._variance[a, b]))
        return Overlap(
            self._count("wanted", a, b) / size, float(self._expected[a, b]) / size, spread / size
        )

    def both_want(self, a: int, b: int) -> tuple[float, float]:
        """Share of all positions that both want, 0..1; what is expected by chance."""
        size = max(1, self.positions)
        return self._count("wanted", a, b) / size, float(self._expected[a, b]) / size

    def conflict(self, a: int, b: int) -> float | None:
        """Share of the positions that both want where they pull in opposite directions."""
        both = self._count("wanted", a, b)
        return self._count("opposed", a, b) / both if both > 0 else None

    def contested(self, a: int, b: int | None = None) -> float | None:
        """Share of the saliency of a's set that lies where b, or any other, wants it too."""
        part = self._sum("contested", a, a) if b is None else self._sum("shared", a, b)
        return self._of_set(a, part)

    def lost(self, a: int, b: int) -> float | None:
        """Share of the saliency of a's set that b gets once all turns are settled."""
        return self._of_set(a, self._sum("lost", a, b))

    def given_up(self, a: int) -> float | None:
        """Predicted loss that a gives up: its set minus what it gets, as a share of its set.

        What it gets holds positions that it takes instead, outside its set.
        """
        kept = self._sum("shared", a, a) - self._sum("gained", a, a)
        return self._of_set(a, max(0.0, kept))

    def _of_set(self, a: int, part: float) -> float | None:
        whole = self._sum("shared", a, a)
        return part / whole if whole > 0 else None


def weights(part: TensorInterference, comparable: bool) -> Table:
    """What each donor's saliency in a tensor is multiplied with, so that tensors add up.

    Returns:
        (donors of the tensor,): 1; or, where units differ by tensor, squared change / saliency of
        the set: 0 where nothing is wanted.
    """
    if comparable:
        return np.ones(len(part.donors))
    whole, change = np.diag(np.array(part.shared)), np.diag(np.array(part.products))
    result: Any = np.divide(change, whole, out=np.zeros(whole.shape), where=whole > 0)
    return result  # type: ignore[no-any-return]
