"""Some whole rows of every tensor of base, donors and statistics, kept in memory: a small model.

What merges and reckons on the whole model does so on the small one, with the same code. Which rows
it has is drawn at random from a seed. It ranks and merges nothing.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from obim.merging.plan import Base, Source, changeable, row_axis
from obim.merging.ranking import generator_of
from obim.types import InputStats, MergeSpec, TensorInfo

ROOM = 1 << 21
"""Positions of a sample, roughly: base and each donor take four bytes a position."""
LEAST = 4
"""Rows of a tensor at least."""
_SMALL = 1 << 22
"""Positions up to which a tensor is read whole, which is faster than row by row."""


class Rows(Base, Protocol):
    """A base of which some rows can be read."""

    def read(self, name: str, rows: slice | None = None) -> Tensor:
        """A fresh copy of one tensor, or of some rows of it, as stored."""


@dataclass(frozen=True)
class Sample:
    """The small model.

    Attributes:
        every: one row in so many was drawn, more of tensors with few rows.
        rows: drawn altogether.
        base: W0 there.
        donors: D there.
        stats: H there.
        weights: name -> positions of the whole tensor for each that was drawn.
    """

    every: int
    rows: int
    base: "SampledBase"
    donors: tuple["SampledDonor", ...]
    stats: tuple[InputStats | None, ...]
    weights: Mapping[str, float]


class SampledBase:
    """A base in memory, see `obim.merging.plan.Base`."""

    def __init__(self, config: Mapping[str, Any], values: Mapping[str, Tensor]) -> None:
        self.config, self._values = config, values
        self.tensors = {
            name: TensorInfo(name, tuple(t.shape), str(t.dtype).split(".")[-1], "", t.nbytes)
            for name, t in values.items()
        }

    def read(self, name: str) -> Tensor:
        """W0 of the rows drawn, as stored."""
        return self._values[name]


class SampledDonor:
    """A donor in memory, see `obim.merging.plan.Source`."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self._values = values

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        """D of the rows drawn, float32; None where the donor cannot differ from the base."""
        found = self._values.get(name)
        return found if found is None or rows is None else found[rows]


def rate(spec: MergeSpec, base: Base, room: int = ROOM) -> int:
    """One row in how many is drawn, so that a sample has about ``room`` positions."""
    total = sum(base.tensors[name].numel for name in changeable(spec, base))
    return max(1, math.ceil(total / room))


def rows_of(
    spec: MergeSpec, name: str, shape: Sequence[int], axis: int, every: int
) -> Tensor | None:
    """Which rows of a tensor are drawn, sorted; None: all.

    A tensor of one axis is a single row and is taken whole, but with ``global`` scope, where a
    sample has to keep the proportions between tensors.

    Args:
        spec: its seed and scope count.
        name: of the tensor, which makes each draw one of its own.
        shape: of the tensor.
        axis: that counts the rows.
        every: see `rate`.
    """
    if every == 1 or not shape or (len(shape) == 1 and spec.scope != "global"):
        return None
    count = max(min(LEAST, shape[axis]), round(shape[axis] / every))
    generator = generator_of(spec.seed, 0, f"sample/{name}")
    return torch.randperm(shape[axis], generator=generator)[:count].sort().values


def draw_sample(
    spec: MergeSpec,
    base: Rows,
    donors: Sequence[Source],
    stats: Sequence[InputStats | None],
    room: int = ROOM,
) -> Iterator[Sample | float]:
    """Read some rows of all that a merge may change.

    Args:
        spec: patterns, seed and scope count.
        base: the base checkpoint.
        donors: in any order.
        stats: of the donors, in the same order.
        room: positions, roughly.

    Yields:
        The fraction done, 0..1, after every tensor; last of all the sample.
    """
    names, every = changeable(spec, base), rate(spec, base, room)
    values: dict[str, Tensor] = {}
    deltas: list[dict[str, Tensor]] = [{} for _ in donors]
    rows, axes = {}, {name: row_axis(base.config, name) for name in names}
    for done, name in enumerate(names):
        yield done / len(names)
        rows[name] = rows_of(spec, name, base.tensors[name].shape, axes[name], every)
        values[name] = _pick(base, name, rows[name], axes[name])
        for k, donor in enumerate(donors):
            delta = _pick_delta(donor, name, values[name], rows[name], axes[name])
            if delta is not None:
                deltas[k][name] = delta
    small = tuple(None if own is None else _pick_stats(own, rows, axes) for own in stats)
    weights = {n: base.tensors[n].numel / max(1, t.numel()) for n, t in values.items()}
    count = sum(t.shape[axes[n]] if t.ndim > 1 else 1 for n, t in values.items())
    sources = tuple(map(SampledDonor, deltas))
    yield Sample(every, count, SampledBase(base.config, values), sources, small, weights)


def _pick(base: Rows, name: str, chosen: Tensor | None, axis: int) -> Tensor:
    """Rows of a tensor; columns are picked from the whole."""
    if chosen is None:
        return base.read(name)
    if axis or base.tensors[name].numel <= _SMALL:
        return base.read(name).index_select(axis, chosen)
    return torch.cat([base.read(name, slice(i, i + 1)) for i in chosen.tolist()])


def _pick_delta(
    donor: Source, name: str, values: Tensor, chosen: Tensor | None, axis: int
) -> Tensor | None:
    """D of some rows; ``values``: W0 there."""
    if chosen is None:
        return donor.delta(name, values)
    if axis or values[0].numel() * int(chosen[-1] + 1) <= _SMALL:
        delta = donor.delta(name)
        return None if delta is None else delta.index_select(axis, chosen)
    parts = []
    for j, i in enumerate(chosen.tolist()):
        part = donor.delta(name, values[j : j + 1], slice(i, i + 1))
        if part is None:
            return None
        parts.append(part)
    return torch.cat(parts)


def _pick_stats(
    own: InputStats, rows: Mapping[str, Tensor | None], axes: Mapping[str, int]
) -> InputStats:
    """Statistics of some rows; a term that is the same for all rows stays as it is."""

    def pick(term: Tensor, chosen: Tensor | None, axis: int) -> Tensor:
        if chosen is None or term.ndim <= axis or term.shape[axis] == 1:
            return term
        return term.index_select(axis, chosen)

    tensors = {
        name: own.tensors[name].change(partial(pick, chosen=chosen, axis=axes[name]))
        for name, chosen in rows.items()
        if name in own.tensors
    }
    return InputStats(tensors, own.tokens, own.texts)
