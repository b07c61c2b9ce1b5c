"""Optimal Brain Iterative Merging: whose turn it is, how much it may take, and the claims.

``n = h(density_k N r / R) - h(density_k N (r-1) / R)`` of the free, claimable positions of highest
saliency go to donor k in round r; every position has one owner (Wang et al. 2025, arXiv
2502.12217). It sees keys and owner maps, no weights: `engine` writes those.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from torch import Tensor

from obim.merging.in_torch import claim_all
from obim.merging.kernels import Keys, Owner, allotment, claim, claim_rows
from obim.merging.queueing import Queue
from obim.registry import merge_method

QUEUES = 600 * 10**6
"""Bytes of queues a tensor, above which each turn looks through the keys instead."""


@dataclass(frozen=True)
class Visit:
    """Who has turn ``number``.

    Attributes:
        number: t, from 1.
        round: r, from 1.
        donor: index into the order of donors.
    """

    number: int
    round: int
    donor: int


@dataclass(frozen=True)
class Field:
    """The positions among which a donor's entries are ranked.

    Attributes:
        shape: of the tensor.
        scope: the whole tensor, or each row by itself.
        row_axis: axis that counts the rows: 0 for a Linear, 1 for a Conv1D (its columns).
    """

    shape: tuple[int, ...]
    scope: Literal["tensor", "row"] = "tensor"
    row_axis: int = 0

    def rows(self, flat: Any) -> Any:
        """View an array or tensor as (rows, columns); with ``tensor`` scope there is one row."""
        if self.scope == "tensor" or len(self.shape) < 2:
            return flat.reshape(1, -1)
        if self.row_axis == 1:
            return flat.reshape(self.shape).T
        columns = self.shape[-1]
        return flat.reshape(int(np.prod(self.shape)) // max(1, columns), columns)

    def wanted(self, density: float, round: int, rounds: int) -> tuple[int, int]:
        """Positions a donor is entitled to in one round: (a row, altogether)."""
        numel, columns = int(np.prod(self.shape)), int(np.prod(self.shape))
        if self.scope == "row" and len(self.shape) >= 2:
            columns = self.shape[0] if self.row_axis == 1 else self.shape[-1]
        each = allotment(density, columns, round, rounds)
        return each, each * (numel // max(1, columns))


def schedule(donors: int, rounds: int, rotate: bool) -> tuple[Visit, ...]:
    """All turns in order: ``r = ceil(t / K)``, ``i = (t-1) mod K``, donor ``(i + r - 1) mod K``.

    Args:
        donors: K.
        rounds: R.
        rotate: start each round with the next donor; else every round has the same order.
    """
    visits = []
    for t in range(1, donors * rounds + 1):
        i, r = (t - 1) % donors, (t - 1) // donors + 1
        visits.append(Visit(t, r, (i + r - 1) % donors if rotate else i))
    return tuple(visits)


def take(keys: Keys, owner: Owner, field: Field, each: int, turn: int) -> int:
    """Claim ``each`` positions a row of the field for ``turn``; return how many were claimed."""
    if field.scope == "tensor":
        return claim(keys, owner, each, turn)
    return claim_rows(field.rows(keys), field.rows(owner), each, turn)


@merge_method(
    "obim",
    label="OBIM",
    exclusive=True,
    uses_density=True,
    uses_scale=True,
    needs_saliency=True,
)
def claim_all_turns(
    keys: Sequence[Keys | Tensor | None],
    densities: Sequence[float],
    *,
    field: Field,
    rounds: int,
    rotate: bool,
    each: Callable[..., Iterable[Any]] = map,
) -> Owner:
    """Run all R x K turns inside one tensor.

    Args:
        keys: a donor's keys each, (numel,); None where the donor cannot touch the tensor. Arrays,
            or tensors of `in_torch`, all on one device: claims are made there.
        densities: a donor's fraction of the positions each, 0..1.
        field: within what positions are ranked.
        rounds: R.
        rotate: whether rounds start with the next donor.
        each: ``map``, or the ``map`` of a pool of threads.

    Returns:
        Owner map, (numel,), uint8, on the CPU: 0 = base, t = claimed in turn t.
    """
    visits = schedule(len(keys), rounds, rotate)
    wanted = [
        0 if keys[v.donor] is None else field.wanted(densities[v.donor], v.round, rounds)[0]
        for v in visits
    ]
    turns = [(v.number, v.donor, n) for v, n in zip(visits, wanted, strict=True)]
    there = [own if isinstance(own, Tensor) else None for own in keys]
    if any(own is not None for own in there):
        settled: Owner = claim_all(there, turns, field.rows).cpu().numpy()
        return settled
    return _claim_here([own for own in keys if not isinstance(own, Tensor)], turns, field, each)


def _claim_here(
    keys: Sequence[Keys | None],
    turns: Sequence[tuple[int, int, int]],
    field: Field,
    each: Callable[..., Iterable[Any]],
) -> Owner:
    """All turns (number, donor, positions a row) on the CPU, queued where memory allows."""
    numel, reach = int(np.prod(field.shape)), sum(n for *_, n in turns)
    owner = np.zeros(numel, np.uint8)
    if field.scope == "tensor" and 4 * numel * len(keys) <= QUEUES:
        queues = list(each(lambda own: None if own is None else Queue(own, reach), keys))
        for number, donor, n in turns:
            if (queue := queues[donor]) is not None:
                queue.claim(owner, n, number)
        return owner
    for number, donor, n in turns:
        if (own := keys[donor]) is not None:
            # by ``each``, so that whoever watches it may end the work between two turns
            list(each(take, [own], [owner], [field], [n], [number]))
    return owner
