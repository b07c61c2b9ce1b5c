"""What a merge would come to, without merging: who owns what, and what each donor gives up.

The keys, turns and claims are those of the merge itself (`obim.merging`); nothing is written. Given
a sample (`sampling`) instead of the whole model the same code gives an estimate.

Predicted loss of donor k: the saliency of its entries that don't end up in the merge, a share of
all its saliency. Where an estimator's units differ by layer the share is taken within each tensor,
and the mean over tensors is told (`shares_of`); else it is the share of the sums.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from obim.merging import weighing
from obim.merging.jointly import Joint
from obim.merging.kernels import Keys, Owner, saliency_of
from obim.merging.pieces import Ranked
from obim.merging.plan import Base, Plan, Source, require_turns
from obim.merging.pooling import Check, Each, go_on, in_order, watched
from obim.merging.preparing import any_claimable, kept, rank_tensor, settle, total_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Stake:
    """What one donor has at stake in one tensor, saliency in the estimator's unit.

    Attributes:
        owned: positions it gets.
        whole: saliency of all its entries.
        held: of those it gets.
        contested: of those in its top-density set and in another donor's too.
        lost: of the contested ones, those it doesn't get.
        measured: False where the estimator wants statistics and the tensor has none.
    """

    owned: float
    whole: float
    held: float
    contested: float
    lost: float
    measured: bool = True


Stakes = dict[str, dict[int, Stake]]
"""Tensor name -> donor index -> stake; donors that can't change the tensor are left out."""


@dataclass(frozen=True)
class Prediction:
    """What one donor gives up, all tensors together; shares 0..1 of all its saliency.

    Attributes:
        owned: positions it gets.
        lost: what doesn't end up in the merge.
        contested: what other donors want too.
        contested_lost: of all its saliency: what is contested and goes to others.
        rise: ``lost`` in the estimator's unit; None where units differ by layer.
    """

    owned: float
    lost: float
    contested: float
    contested_lost: float
    rise: float | None


class Whole:
    """Saliency of all entries of a donor's tensor, summed once; it depends on no setting."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], float] = {}

    def of(
        self, plan: Plan, base: Tensor, donor: Source, k: int, name: str, *, each: Each
    ) -> float:
        """The sum for the plan's donor number ``k``."""
        key = (plan.rankings[k].donor, name)
        if key not in self._known:
            self._known[key] = total_of(plan, base, donor, k, name, each=each)
        return self._known[key]

    def facts(
        self,
        plan: Plan,
        base: Tensor,
        donors: Sequence[Source],
        name: str,
        ranked: Mapping[int, Ranked],
        *,
        each: Each,
    ) -> dict[int, tuple[float, bool]]:
        """The sum of each donor that was ranked, and whether there were statistics for it."""
        return {
            k: (self.of(plan, base, donors[k], k, name, each=each), r.sums.measured)
            for k, r in ranked.items()
        }


def stakes(
    plan: Plan, base: Base, donors: Sequence[Source], whole: Whole, check: Check = go_on
) -> Generator[float, None, Stakes]:
    """What each donor has at stake in each tensor after all turns.

    Args:
        plan: of the merge; a `RecipeError` where its method has no turns.
        base: the base, or a sample of it.
        donors: in the order of the spec; ``whole``: sums known from before.
        check: asked between blocks and between turns.

    Yields:
        The fraction done, 0..1, after every tensor.
    """
    require_turns(plan.spec)
    joint = Joint(plan, check) if plan.spec.scope == "global" else None
    sizes = {name: base.tensors[name].numel for name in plan.names}
    found, facts, done = Stakes(), dict[str, dict[int, tuple[float, bool]]](), 0

    def work(name: str, each: Each) -> tuple[dict[int, Stake], dict[int, Keys], int]:
        stored, each = base.read(name), watched(each, check)
        ranked = rank_tensor(plan, stored, donors, name, each)
        keys = {k: r.keys for k, r in ranked.items()}
        sums = whole.facts(plan, stored, donors, name, ranked, each=each)
        if joint is not None:
            facts[name] = sums
            return {}, keys, any_claimable(ranked)
        tops = kept(plan, name, ranked)
        return _weigh(plan, settle(plan, ranked, name, each), keys, tops, sums), {}, 0

    for name, (here, keys, claimable) in in_order(work, sizes.items()):
        found[name] = here
        if joint is not None:
            joint.add(name, sizes[name], keys, claimable)
        done += sizes[name]
        yield 0.95 * done / max(1, sum(sizes.values()))
    if joint is not None:
        found = dict(_jointly(plan, joint, facts))
    yield 1.0
    return found


def _jointly(
    plan: Plan, joint: Joint, facts: Mapping[str, dict[int, tuple[float, bool]]]
) -> Iterator[tuple[str, dict[int, Stake]]]:
    """The same where all tensors are ranked together."""
    owners = joint.settle()
    tops = [joint.top(k) for k in range(len(plan.densities))]
    for name in sorted(owners):
        joint.check()
        keys = {k: joint.keys(k)[name] for k in facts[name]}
        masks = {k: tops[k][name].view(np.bool_) for k in facts[name]}
        yield name, _weigh(plan, owners[name], keys, masks, facts[name])


def _weigh(
    plan: Plan,
    owner: Owner,
    keys: Mapping[int, Keys],
    tops: Mapping[int, Mask],
    sums: Mapping[int, tuple[float, bool]],
) -> dict[int, Stake]:
    """Stakes in one tensor; ``sums``: saliency of all entries, and whether it was measured."""
    wanted = sum((mask.astype(np.uint8) for mask in tops.values()), np.zeros(owner.size, np.uint8))
    everywhere, counts = np.ones(owner.size, np.bool_), np.bincount(owner, minlength=256)
    found = {}
    for k, own in keys.items():
        mine = turns_of(plan, k)
        values = saliency_of(own)
        # with shares a key holds the saliency's share of the tensor's sum
        whole, measured = sums[k]
        unit = whole if plan.rankings[k].shares else 1.0
        _, held = weighing.weigh(values, owner, mine, everywhere)
        contested, kept_there = weighing.weigh(values, owner, mine, tops[k] & (wanted >= 2))
        lost = (contested - kept_there) * unit
        found[k] = Stake(
            float(counts[mine].sum()), whole, held * unit, contested * unit, lost, measured
        )
    return found


def turns_of(plan: Plan, donor: int) -> Mask:
    """Which owners, 0..255, mean this donor."""
    mine = np.zeros(256, np.bool_)
    mine[[visit.number for visit in plan.visits if visit.donor == donor]] = True
    return mine


def predict(
    plan: Plan, found: Stakes, donor: int, weights: Mapping[str, float] | None = None
) -> Prediction:
    """All tensors of one donor together.

    Args:
        plan: of the merge.
        found: from `stakes`.
        donor: its index.
        weights: of each tensor, for an estimate from a sample.
    """
    own = {name: here[donor] for name, here in found.items() if donor in here}
    weight = {name: 1.0 if weights is None else weights[name] for name in own}
    owned = sum(weight[name] * stake.owned for name, stake in own.items())
    comparable = plan.rankings[donor].estimator.comparable
    parts = shares_of([(weight[n], s) for n, s in own.items()], comparable)
    rise = None
    if comparable:
        rise = sum(weight[name] * (stake.whole - stake.held) for name, stake in own.items())
        rise = max(0.0, rise)
    return Prediction(owned, *parts, rise)


def shares_of(own: Sequence[tuple[float, Stake]], comparable: bool) -> tuple[float, float, float]:
    """(lost, contested, contested and lost) as shares of a donor's saliency.

    Args:
        own: (weight, stake) a tensor.
        comparable: the unit is the same everywhere: shares of the sums; else the mean over tensors
            of the shares within each.
    """
    there = [(weight, stake) for weight, stake in own if stake.whole > 0]
    if not there:
        return 0.0, 0.0, 0.0
    each = [w if comparable else 1.0 / s.whole for w, s in there]
    total = sum(u * s.whole for u, (_, s) in zip(each, there, strict=True))
    sums = (
        sum(u * (s.whole - s.held) for u, (_, s) in zip(each, there, strict=True)),
        sum(u * s.contested for u, (_, s) in zip(each, there, strict=True)),
        sum(u * s.lost for u, (_, s) in zip(each, there, strict=True)),
    )
    lost, contested, contested_lost = (min(1.0, max(0.0, x / total)) for x in sums)
    return lost, contested, contested_lost
