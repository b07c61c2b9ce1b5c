"""``global`` scope: all tensors of the model ranked together, which takes all keys at once."""

import numpy as np

from obim.merging.kernels import Keys, Owner, allotment, claim_jointly
from obim.merging.plan import Plan


class Joint:
    """Keys of the whole model, until its turns are settled.

    Attributes:
        short: turn -> positions it was entitled to and could not have; after `settle`.
        kept: name -> how many of its positions each donor has in its top-density set; after
            `contested`.
    """

    def __init__(self, plan: Plan) -> None:
        self.short: dict[int, int] = {}
        self.kept: dict[str, list[int]] = {}
        self._plan = plan
        self._keys: list[dict[str, Keys]] = [{} for _ in plan.densities]
        self._sizes: dict[str, int] = {}
        self._positions = 0

    def add(self, name: str, size: int, keys: dict[int, Keys], claimable: int) -> None:
        """Take one tensor in: donor index -> its keys; positions that some donor can claim."""
        for k, own in keys.items():
            self._keys[k][name] = own
        self._sizes[name] = size
        self._positions += claimable

    def settle(self) -> dict[str, Owner]:
        """The owner map after all turns."""
        owner = self._nobody()
        for visit in self._plan.visits:
            density, rounds = self._plan.densities[visit.donor], self._plan.spec.rounds
            n = allotment(density, self._positions, visit.round, rounds)
            self.short[visit.number] = n - self._take(visit.donor, owner, n, visit.number)
        return owner

    def contested(self) -> dict[str, int]:
        """Positions a tensor in the top-density sets of two or more donors."""
        wanted = self._nobody()
        for k, density in enumerate(self._plan.densities):
            own = self._nobody()
            self._take(k, own, allotment(density, self._positions, 1, 1), 1)
            for name, mask in own.items():
                wanted[name] += mask
                self.kept.setdefault(name, [0] * len(self._keys))[k] = int(mask.sum())
        return {name: int((count >= 2).sum()) for name, count in wanted.items()}

    def _nobody(self) -> dict[str, Owner]:
        return {name: np.zeros(size, np.uint8) for name, size in self._sizes.items()}

    def _take(self, donor: int, owner: dict[str, Owner], n: int, turn: int) -> int:
        keys = self._keys[donor]
        taken = claim_jointly(list(keys.values()), [owner[name] for name in keys], n, turn)
        return sum(taken)
