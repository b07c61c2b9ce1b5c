"""`Merge`: an exclusive merge in memory, stepped turn by turn over all tensors, forth and back.

It loads no models, writes no files and chooses no number of threads. Import it from `engine`.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from obim.errors import RunError
from obim.merging import loops
from obim.merging.jointly import Joint
from obim.merging.kernels import (
    Owner,
    Stop,
    Stopped,
    check,
    one_by_one,
    over_tensors,
    release,
)
from obim.merging.obim import Visit
from obim.merging.pieces import Ranked, cast
from obim.merging.plan import Base, Plan, Source, not_reached, require_turns
from obim.merging.pooling import Each, in_order
from obim.merging.preparing import (
    Survival,
    Tally,
    any_claimable,
    contested,
    put,
    rank_tensor,
    settle,
)
from obim.merging.switching import Off, differing, nobody
from obim.models.device import CPU
from obim.types import InputStats, MergeSpec, Turn


class Merge:
    """An exclusive merge held in memory, to be stepped.

    All turns are settled tensor by tensor when it is prepared; stepping reveals them one by one.
    Memory: bytes of the output dtype x positions x donors and two bytes a position, where every
    donor changes every tensor: 1.3 GB for 135 M positions and four donors in bfloat16. ``global``
    scope takes four bytes more a position and donor while it is prepared.

    Attributes:
        names: sorted names of the tensors that may change.
        owner: name -> owner map, flat uint8, written in place.
        turn: the last turn done.
        contested: name -> positions in the top-density sets of two or more donors; after `prepare`.
        kept: ``global`` scope only: name -> the size of each donor's top-density set there; after
            `prepare`.
        survival: a donor's survival each; after `prepare`.
        survivors: a donor's claimable positions each; after `prepare`.
        unmeasured: a donor's tensors each that have no statistics though the estimator wants them
            and so are ranked by their squared delta; after `prepare`.
    """

    def __init__(
        self,
        spec: MergeSpec,
        base: Base,
        donors: Sequence[Source],
        stats: Sequence[InputStats | None],
        owner: Mapping[str, Owner] | None = None,
        *,
        turn: int = 0,
        device: torch.device = CPU,
    ) -> None:
        """Set up; nothing is read yet.

        Args:
            spec: its method must be exclusive.
            base: the base checkpoint.
            donors: in the order of the spec.
            stats: in the order of the spec.
            owner: name -> uint8, any shape, contiguous; None: a new one.
            turn: turns already done; claims of later turns in ``owner`` are undone.
            device: where positions are ranked and claimed.

        Raises:
            RecipeError: the method is not exclusive, or nothing may change.
            CalibrationError: a donor lacks the statistics that the estimator needs.
        """
        self._plan = Plan(spec, base, stats, device)
        require_turns(spec)
        self._base, self._donors = base, donors
        self.names = self._plan.names
        sizes = {name: base.tensors[name].numel for name in self.names}
        self.owner: dict[str, Owner] = {
            name: np.zeros(n, np.uint8) if owner is None else np.asarray(owner[name]).reshape(-1)
            for name, n in sizes.items()
        }
        self._settled: dict[str, Owner] = {}
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._short: dict[int, int] = {}
        self._candidates: list[dict[str, Tensor]] = [{} for _ in donors]
        self._prepared = False
        self.contested: dict[str, int] = {}
        self.kept: dict[str, list[int]] = {}
        self.survival: tuple[Survival, ...] = ()
        self.survivors: tuple[int, ...] = ()
        self.unmeasured: tuple[tuple[str, ...], ...] = ()
        self.turn = turn
        self.back(turn)

    def prepare(self) -> Iterator[float]:
        """Read every tensor once and settle all turns; yields the fraction done."""
        tally = Tally(len(self._donors))
        sizes = {name: self._base.tensors[name].numel for name in self.names}
        total, done = max(1, sum(sizes.values())), 0
        joint = Joint(self._plan) if self._plan.spec.scope == "global" else None

        def work(name: str, each: Each) -> tuple[dict[int, Ranked], Owner | None, int]:
            ranked = rank_tensor(self._plan, self._base.read(name), self._donors, name, each)
            if joint is not None:
                return ranked, None, any_claimable(ranked)
            owner = settle(self._plan, ranked, name, each)
            return ranked, owner, contested(self._plan, name, ranked)

        for name, (ranked, owner, count) in in_order(work, sizes.items()):
            for k, r in ranked.items():
                self._candidates[k][name] = r.candidate
            tally.add(name, ranked)
            if owner is not None:
                self._settled[name], self.contested[name] = owner, count
            elif joint is not None:
                joint.add(name, sizes[name], {k: r.keys for k, r in ranked.items()}, count)
            done += sizes[name]
            yield 0.999 * done / total
        if joint is not None:
            self._settled, self.contested = joint.settle(), joint.contested()
            self._short, self.kept = joint.short, joint.kept
        self._counts = {n: np.bincount(o, minlength=256) for n, o in self._settled.items()}
        self.survival, self.unmeasured = tally.survival(), tally.unmeasured()
        self.survivors = tally.survivors()
        self._prepared = True
        yield 1.0

    def iterate(self, start: int | None = None, stop: Stop | None = None) -> Iterator[Turn]:
        """Go on turn by turn to the last one.

        Args:
            start: go back to this turn first; None: go on where it stands.
            stop: asked between tensors, by one thread at a time; when true the turn in hand is
                undone and this ends.

        Raises:
            RunError: `prepare` was not run to its end, or ``start`` lies ahead.
        """
        if not self._prepared:
            raise RunError("The merge is not prepared yet; prepare it before the first turn.")
        if start is not None:
            self.back(start)
        for visit in self._plan.visits[self.turn :]:
            began = time.perf_counter()
            try:
                self._claim(visit.number, None if stop is None else one_by_one(stop))
            except BaseException as reason:
                self.back(self.turn)
                if isinstance(reason, Stopped):
                    return
                raise
            self.turn = visit.number
            yield Turn(
                number=visit.number,
                round=visit.round,
                donor=visit.donor,
                claimed=tuple(int(self._counts[name][visit.number]) for name in self.names),
                wanted=self._wanted(visit),
                seconds=time.perf_counter() - began,
            )

    def back(self, turn: int) -> None:
        """Return to the state after ``turn``, 0 = nothing claimed.

        Raises:
            RunError: that turn lies ahead or does not exist.
        """
        if not 0 <= turn <= min(self.turn, len(self._plan.visits)):
            raise not_reached(turn, self.turn)
        over_tensors(lambda owner: release(owner, turn), self.owner.values())
        self.turn = turn

    def tensor(self, name: str, upto: int | None = None, without: Collection[int] = ()) -> Tensor:
        """One tensor of the merged model, output dtype.

        Args:
            name: any tensor of the base; integer tensors come as they are.
            upto: as after this turn; None: as it stands.
            without: donors (indices) to switch off: the base is restored at their positions.
        """
        base = self._base.read(name)
        if not base.is_floating_point():
            return base
        if name not in self.owner:
            return cast(base, self._plan.dtype, name)
        merged = base.to(self._plan.dtype)
        last = self.turn if upto is None else upto
        for k, candidates in enumerate(self._candidates):
            turns = [v.number for v in self._plan.visits[:last] if v.donor == k]
            if k not in without and name in candidates and turns:
                put(merged, self.owner[name], candidates[name], turns)
        return merged

    def merged(
        self, upto: int | None = None, without: Collection[int] = ()
    ) -> Iterator[tuple[str, Tensor]]:
        """All tensors of the merged model, sorted by name; see `tensor`."""
        for name in sorted(self._base.tensors):
            yield name, self.tensor(name, upto, without)

    def changed(
        self, since: int, upto: int | None = None, was: Off = nobody, now: Off = nobody
    ) -> Iterator[tuple[str, Tensor]]:
        """The tensors that differ between two turns, as they are after ``upto``.

        Either may be the later one: this also takes a live model back. ``was`` and ``now`` say who
        is switched off where after ``since`` and after ``upto``.
        """
        last = self.turn if upto is None else upto
        for name in differing(self._plan.visits, self._counts, (since, was), (last, now)):
            yield name, self.tensor(name, last, now(name))

    def _claim(self, turn: int, stop: Stop | None) -> None:
        def work(name: str) -> None:
            check(stop)
            if self._counts[name][turn]:
                loops.reveal(self.owner[name], self._settled[name], turn)

        over_tensors(work, self.names)

    def _wanted(self, visit: Visit) -> tuple[int, ...]:
        """Positions a tensor that a turn is entitled to; jointly, what lacks is at the last one."""
        if self._plan.spec.scope == "global":
            claimed = [int(self._counts[name][visit.number]) for name in self.names]
            return (*claimed[:-1], claimed[-1] + self._short[visit.number])
        density, rounds = self._plan.densities[visit.donor], self._plan.spec.rounds
        touched = self._candidates[visit.donor]
        return tuple(
            self._plan.field(name).wanted(density, visit.round, rounds)[1] if name in touched else 0
            for name in self.names
        )
