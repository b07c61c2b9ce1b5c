"""``global`` scope: all tensors of the model ranked together, which takes all keys at once."""

from collections.abc import Sequence

import numpy as np

from obim.merging.kernels import Keys, Owner, allotment, claim_jointly
from obim.merging.plan import Plan
from obim.merging.pooling import Check, go_on


class Joint:
    """Keys of the whole model, until its turns are settled.

    Attributes:
        short: turn -> positions it was entitled to and could not have; after `settle`.
        kept: name -> how many of its positions each donor has in its top-density set; after
            `contested`.
    """

    def __init__(self, plan: Plan, check: Check = go_on) -> None:
        """Nothing is ranked yet; ``check``, which may end the work, is asked before every turn."""
        self.short: dict[int, int] = {}
        self.kept: dict[str, list[int]] = {}
        self._plan, self.check = plan, check
        self._keys: list[dict[str, Keys]] = [{} for _ in plan.densities]
        self._sizes: dict[str, int] = {}
        self._positions = 0

    def add(self, name: str, size: int, keys: dict[int, Keys], claimable: int) -> None:
        """Take one tensor in: donor index -> its keys; positions that some donor can claim."""
        for k, own in keys.items():
            self._keys[k][name] = own
        self._sizes[name] = size
        self._positions += claimable

    def settle(self, order: Sequence[int] | None = None) -> dict[str, Owner]:
        """The owner map after all turns.

        Args:
            order: donors (indices) in the order of their turns; None: as they are.
        """
        owner = self._nobody()
        for visit in self._plan.visits:
            donor = visit.donor if order is None else order[visit.donor]
            density, rounds = self._plan.densities[donor], self._plan.spec.rounds
            n = allotment(density, self._positions, visit.round, rounds)
            self.short[visit.number] = n - self._take(donor, owner, n, visit.number)
        return owner

    def top(self, donor: int) -> dict[str, Owner]:
        """A donor's top-density set, 1 a position: what it would claim if it were alone."""
        own = self._nobody()
        density = self._plan.densities[donor]
        self._take(donor, own, allotment(density, self._positions, 1, 1), 1)
        return own

    def keys(self, donor: int) -> dict[str, Keys]:
        """A donor's keys of each tensor that it can change."""
        return self._keys[donor]

    def contested(self) -> dict[str, int]:
        """Positions a tensor in the top-density sets of two or more donors."""
        wanted = self._nobody()
        for k in range(len(self._plan.densities)):
            for name, mask in self.top(k).items():
                wanted[name] += mask
                self.kept.setdefault(name, [0] * len(self._keys))[k] = int(mask.sum())
        return {name: int((count >= 2).sum()) for name, count in wanted.items()}

    def _nobody(self) -> dict[str, Owner]:
        return {name: np.zeros(size, np.uint8) for name, size in self._sizes.items()}

    def _take(self, donor: int, owner: dict[str, Owner], n: int, turn: int) -> int:
        self.check()
        keys = self._keys[donor]
        taken = claim_jointly(list(keys.values()), [owner[name] for name in keys], n, turn)
        return sum(taken)
