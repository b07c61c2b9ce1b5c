"""How many positions each turn owns: a tensor each, and an attention head each. It only counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from obim.insight.heads import Heads, heads_of
from obim.insight.picturing import as_matrix
from obim.insight.tallying import count_owners, count_parts
from obim.merging.kernels import Owner, over_tensors
from obim.merging.plan import Base, row_axis

Counts = NDArray[np.int64]


@dataclass
class Tally:
    """Positions that each turn owns, 0: the base.

    Attributes:
        tensors: name -> (256,).
        heads: (name, heads) -> (heads, 256), where a tensor's rows or columns belong to heads.
    """

    tensors: dict[str, Counts] = field(default_factory=dict)
    heads: dict[tuple[str, Heads], Counts] = field(default_factory=dict)


def tally(base: Base, owners: Mapping[str, Owner]) -> Tally:
    """Count the owners of all positions, in as many threads as torch uses.

    Args:
        base: config and headers.
        owners: name -> (positions,).
    """
    made = Tally()
    parts: list[tuple[str, Heads]] = []
    for name in owners:
        made.tensors[name] = np.zeros(256, np.int64)
        shape = _sides(base, name)
        for heads in heads_of(base.config, name, shape) if shape else ():
            made.heads[name, heads] = np.zeros((heads.count, 256), np.int64)
            parts.append((name, heads))

    def count_tensor(name: str) -> None:
        counts = np.zeros((4, 256), np.int64)
        count_owners(owners[name], counts)
        made.tensors[name] += counts.sum(axis=0)

    def count_heads(part: tuple[str, Heads]) -> None:
        name, heads = part
        turned = row_axis(base.config, name) == 1
        matrix = as_matrix(owners[name], base.tensors[name].shape, turned)
        lines = heads.lines(matrix.shape[heads.axis])
        other = np.zeros(matrix.shape[1 - heads.axis], np.int64)
        sides = (lines, other) if heads.axis == 0 else (other, lines)
        count_parts(matrix, *sides, made.heads[part])

    over_tensors(count_tensor, owners)
    over_tensors(count_heads, parts)
    return made


def _sides(base: Base, name: str) -> tuple[int, int] | None:
    """(outputs, inputs) of a weight, None for a bias or a norm."""
    shape = base.tensors[name].shape
    if len(shape) != 2:
        return None
    return (shape[1], shape[0]) if row_axis(base.config, name) == 1 else (shape[0], shape[1])
