"""Where donors want the same positions of one tensor, and what each gives up to the others.

The sets, the keys and the settled owner map are those of the merge: same density, scope, claimable
rules and rounds. One tensor at a time; it merges nothing and writes nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from obim.insight import counting
from obim.insight.pairs import TensorInterference
from obim.merging.kernels import saliency_of
from obim.merging.pieces import Ranked, blocks
from obim.merging.plan import Plan, Source
from obim.merging.pooling import Each
from obim.merging.preparing import kept, rank_tensor, settle
from obim.types import MergeSpec


def comparing(spec: MergeSpec) -> MergeSpec:
    """The spec that donors are compared under: claims, tensor by tensor.

    ``global`` scope would need all keys of the model at once: each tensor is ranked by itself then.
    """
    scope = "tensor" if spec.scope == "global" else spec.scope
    return spec.model_copy(update={"method": "obim", "scope": scope})


@dataclass(frozen=True)
class Place:
    """Where a tensor is: its name, and how it is called on screen."""

    tensor: str
    layer: int | None
    module: str


def compare_tensor(
    plan: Plan, stored: Tensor, donors: Sequence[Source], place: Place, each: Each = map
) -> TensorInterference:
    """Compare all donors in one tensor.

    Memory: 7 bytes a position and donor in bfloat16, and what settling the turns takes.

    Args:
        plan: of `comparing`'s spec.
        stored: W0 as stored.
        donors: all of them.
        place: of the tensor.
        each: how the work on its blocks is done.
    """
    name = place.tensor
    ranked = rank_tensor(plan, stored, donors, name, each)
    there = tuple(ranked)
    facts = {"tensor": name, "layer": place.layer, "module": place.module}
    if not there:
        return TensorInterference.model_validate(
            {**facts, "positions": stored.numel(), "donors": ()}
        )
    tops, owner = kept(plan, name, ranked), settle(plan, ranked, name, each)
    whose = np.full(256, -1, np.int64)
    for visit in plan.visits:
        if visit.donor in ranked:
            whose[visit.number] = there.index(visit.donor)
    width = math.prod(stored.shape[1:])

    def work(rows: slice) -> _Sums:
        span = slice(rows.start * width, rows.stop * width)
        where = (stored[rows], rows) if stored.ndim else (stored,)
        deltas = _scaled(plan.spec, {k: donors[k].delta(name, *where) for k in there})
        return _Sums.of(deltas, ranked, tops, whose[owner[span]], span)

    sums = _Sums.nothing(len(there))
    for part in each(work, blocks(stored.shape or (1,))):
        sums += part
    unmeasured = tuple(k for k, r in ranked.items() if not r.sums.measured)
    return sums.told(facts, stored.numel(), there, unmeasured)


def _scaled(spec: MergeSpec, deltas: Mapping[int, Tensor | None]) -> NDArray[np.float32]:
    """Deltas times their scale, (donors, positions)."""
    scaled = [
        delta.reshape(-1).float() * spec.donors[k].scale
        for k, delta in deltas.items()
        if delta is not None
    ]
    return torch.stack(scaled).numpy()


@dataclass
class _Sums:
    """Tables of `TensorInterference` for some positions; see `counting.look`."""

    products: NDArray[np.float64]
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]

    @staticmethod
    def nothing(donors: int) -> "_Sums":
        shape = (donors, donors)
        return _Sums(np.zeros(shape), np.zeros((4, *shape), np.int64), np.zeros((4, *shape)))

    @staticmethod
    def of(
        deltas: NDArray[np.float32],
        ranked: Mapping[int, Ranked],
        tops: Mapping[int, NDArray[np.bool_]],
        owners: NDArray[np.int64],
        span: slice,
    ) -> "_Sums":
        result = _Sums.nothing(len(ranked))
        wide = torch.from_numpy(deltas).double()
        result.products = (wide @ wide.T).numpy()
        keys = np.stack([r.keys[span] for r in ranked.values()])
        wanted = np.stack([tops[k][span] for k in ranked])
        counting.look(keys, wanted, deltas, saliency_of(keys), owners, result.counts, result.sums)
        return result

    def __iadd__(self, other: "_Sums") -> "_Sums":
        self.products += other.products
        self.counts += other.counts
        self.sums += other.sums
        return self

    def told(
        self,
        facts: Mapping[str, object],
        positions: int,
        donors: tuple[int, ...],
        unmeasured: tuple[int, ...],
    ) -> TensorInterference:
        claimable, wanted, opposed, crowded = (table.tolist() for table in self.counts)
        shared, lost, contested, gained = (table.tolist() for table in self.sums)
        diagonal = range(len(donors))
        return TensorInterference.model_validate(
            {
                **facts,
                "positions": positions,
                "donors": donors,
                "unmeasured": unmeasured,
                "products": self.products.tolist(),
                "claimable": claimable,
                "wanted": wanted,
                "opposed": opposed,
                "shared": shared,
                "lost": lost,
                "crowded": [crowded[a][a] for a in diagonal],
                "contested": [contested[a][a] for a in diagonal],
                "gained": [gained[a][a] for a in diagonal],
            }
        )
