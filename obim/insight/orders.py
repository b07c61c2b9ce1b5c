"""How much the order of the donors decides: owner maps of many orders against the one that is set.

Each tensor is ranked once; only the claims are made again for each order, by the merge's own code.
Nothing is written.
"""

import itertools
import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from obim.insight.what_if import Stake, Whole, shares_of
from obim.merging import weighing
from obim.merging.jointly import Joint
from obim.merging.kernels import Keys, Owner, saliency_of
from obim.merging.plan import Base, Plan, Source, require_turns
from obim.merging.pooling import Check, Each, go_on, in_order, watched
from obim.merging.preparing import any_claimable, rank_tensor

ALL = 4
"""Donors up to which all orders are tried."""
SOME = 24
"""Orders tried of more donors, the one that is set among them."""

Order = tuple[int, ...]
"""Donors (indices) by their turns."""


@dataclass(frozen=True)
class OrderFigures:
    """One order.

    Attributes:
        order: indices into the spec's donors.
        differs: of the positions that this order or the one that is set gives to a donor, the share
            whose owner is another one, 0..1.
        owned: positions a donor.
        lost: predicted loss a donor, see `obim.insight.what_if`.
    """

    order: Order
    differs: float
    owned: tuple[int, ...]
    lost: tuple[float, ...]


@dataclass(frozen=True)
class Robustness:
    """All orders.

    Attributes:
        orders: the one that is set comes first.
        same: of the positions that any order gives to a donor, the share that has the same owner in
            all, 0..1.
    """

    orders: tuple[OrderFigures, ...]
    same: float


def orders_of(donors: int, seed: int) -> list[Order]:
    """All orders of up to `ALL` donors, of more a seeded draw of `SOME`; the usual one first."""
    usual = tuple(range(donors))
    if donors <= ALL:
        return list(itertools.permutations(usual))
    draw, found = random.Random(seed), {usual: None}
    while len(found) < SOME:
        found[tuple(draw.sample(usual, donors))] = None
    return list(found)


@dataclass(frozen=True)
class _Counted:
    """One order in one tensor; ``stakes``: of the donors that can change it."""

    differing: int
    either: int
    stakes: dict[int, Stake]


class _Seen:
    """What the orders so far made of one tensor; of their owner maps only the first is kept.

    Owner maps say 0 = base, else 1 + donor.
    """

    def __init__(self, plan: Plan, keys: Mapping[int, Keys], whole: Mapping[int, float]) -> None:
        """``keys`` of the donors that can change the tensor, ``whole`` saliency of each."""
        self._plan, self._keys, self._whole = plan, keys, whole
        self._usual: Owner | None = None

    def count(self, owner: Owner) -> _Counted:
        """Take in the next order; the one that is set comes first."""
        if self._usual is None:
            self._usual, self._taken = owner, owner > 0
            self._same = np.ones(owner.size, np.bool_)
        other = owner != self._usual
        self._same &= ~other
        self._taken |= owner > 0
        counts, everywhere = np.bincount(owner, minlength=256), np.ones(owner.size, np.bool_)
        stakes = {}
        for k, own in self._keys.items():
            mine = np.zeros(256, np.bool_)
            mine[k + 1] = True
            _, held = weighing.weigh(saliency_of(own), owner, mine, everywhere)
            held *= self._whole[k] if self._plan.rankings[k].shares else 1.0
            stakes[k] = Stake(float(counts[k + 1]), self._whole[k], held, 0.0, 0.0)
        return _Counted(int(other.sum()), int(((owner > 0) | (self._usual > 0)).sum()), stakes)

    def same(self) -> tuple[int, int]:
        """Positions that have the same owner in all orders; that any gives to a donor."""
        return int((self._same & self._taken).sum()), int(self._taken.sum())


@dataclass
class _Sums:
    """Of one order, over tensors."""

    differing: int
    either: int
    stakes: list[list[tuple[float, Stake]]]


class _Tally:
    """Sums over tensors."""

    def __init__(self, plan: Plan, orders: Sequence[Order]) -> None:
        self.plan, self.orders = plan, orders
        self.sums = [_Sums(0, 0, [[] for _ in plan.densities]) for _ in orders]
        self.same = self.any = 0

    def add(self, i: int, counted: _Counted) -> None:
        """Take in one tensor as order number ``i`` has it."""
        sums = self.sums[i]
        sums.differing += counted.differing
        sums.either += counted.either
        for k, stake in counted.stakes.items():
            sums.stakes[k].append((1.0, stake))

    def add_all(self, seen: _Seen, counted: Sequence[_Counted]) -> None:
        """Take in one tensor as all orders have it."""
        for i, one in enumerate(counted):
            self.add(i, one)
        self.close(seen)

    def close(self, seen: _Seen) -> None:
        """All orders have been seen of this tensor."""
        same, taken = seen.same()
        self.same += same
        self.any += taken

    def robustness(self) -> Robustness:
        """What it comes to."""
        found = []
        for order, sums in zip(self.orders, self.sums, strict=True):
            lost = tuple(
                shares_of(own, self.plan.rankings[k].estimator.comparable)[0]
                for k, own in enumerate(sums.stakes)
            )
            owned = tuple(int(sum(s.owned for _, s in own)) for own in sums.stakes)
            differs = sums.differing / max(1, sums.either)
            found.append(OrderFigures(order, differs, owned, lost))
        return Robustness(tuple(found), self.same / self.any if self.any else 1.0)


def try_orders(
    plan: Plan,
    base: Base,
    donors: Sequence[Source],
    orders: Sequence[Order],
    whole: Whole,
    *,
    check: Check = go_on,
) -> Generator[float, None, Robustness]:
    """Settle all turns in each order; a `RecipeError` where the method has no turns.

    Args:
        plan: in the order that is set; ``base``: its checkpoint.
        donors: in the order of the plan; ``whole``: sums known from before.
        orders: that one first.
        check: asked between blocks and between turns.

    Yields:
        The fraction done, 0..1, after every tensor.
    """
    require_turns(plan.spec)
    tally, seen, done = _Tally(plan, orders), dict[str, _Seen](), 0
    sizes = {name: base.tensors[name].numel for name in plan.names}
    joint = Joint(plan, check) if plan.spec.scope == "global" else None

    def work(name: str, each: Each) -> tuple[dict[int, Keys], int, list[_Counted]]:
        stored, each = base.read(name), watched(each, check)
        ranked = rank_tensor(plan, stored, donors, name, each)
        keys = {k: r.keys for k, r in ranked.items()}
        own = {k: whole.of(plan, stored, donors[k], k, name, each=each) for k in ranked}
        seen[name] = _Seen(plan, keys, own)
        if joint is not None:
            return keys, any_claimable(ranked), []
        settled = (_settle(plan, keys, name, order, each) for order in orders)
        return keys, 0, list(map(seen[name].count, settled))

    for name, (keys, claimable, counted) in in_order(work, sizes.items()):
        if joint is not None:
            joint.add(name, sizes[name], keys, claimable)
        else:
            tally.add_all(seen.pop(name), counted)
        done += sizes[name]
        yield done / max(1, sum(sizes.values())) * (0.5 if joint is not None else 1.0)
    if joint is not None:
        yield from _jointly(joint, tally, seen)
    return tally.robustness()


def _settle(plan: Plan, keys: Mapping[int, Keys], name: str, order: Order, each: Each) -> Owner:
    """Owners of one tensor where donors take their turns in another order: 1 + donor."""
    turns: Owner = plan.method.function(
        [keys.get(k) for k in order],
        [plan.densities[k] for k in order],
        field=plan.field(name),
        rounds=plan.spec.rounds,
        rotate=plan.spec.rotate,
        each=each,
    )
    return _donors(plan, order)[turns]


def _donors(plan: Plan, order: Order) -> Owner:
    """Turn -> 1 + donor, in another order."""
    found = np.zeros(256, np.uint8)
    for visit in plan.visits:
        found[visit.number] = 1 + order[visit.donor]
    return found


def _jointly(
    joint: Joint, tally: _Tally, seen: Mapping[str, _Seen]
) -> Generator[float, None, None]:
    """The same where all tensors are ranked together: one owner map of the model an order."""
    for i, order in enumerate(tally.orders):
        coded, settled = _donors(tally.plan, order), joint.settle(order)
        for name, turns in settled.items():
            joint.check()
            tally.add(i, seen[name].count(coded[turns]))
        yield 0.5 + 0.5 * (i + 1) / len(tally.orders)
    for one in seen.values():
        tally.close(one)
