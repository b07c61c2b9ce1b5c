"""Where donors contest most, as a ranked list: neighbouring layers of one module and pair together.

Pure; the page puts the findings in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from obim.insight.pairs import Comparison, Table, TensorInterference, weights

_LEAST = 1e-4
"""Share of the pair's saliency below which a finding isn't worth a line."""


@dataclass(frozen=True)
class Finding:
    """A pair of donors that contests more than elsewhere in some neighbouring layers of a module.

    Attributes:
        pair: indices of the donors, the lower first.
        module: as on screen.
        layers: first and last decoder layer; None outside the layers.
        tensors: in order.
        strongest: the tensor among them that counts most.
        worth: contested share x size: the share of both donors' saliency (mean of the two) that
            lies where the other wants it too, in these tensors.
        figures: of the pair over these tensors.
    """

    pair: tuple[int, int]
    module: str
    layers: tuple[int, int] | None
    tensors: tuple[str, ...]
    strongest: str
    worth: float
    figures: Comparison


def find_contests(
    parts: Sequence[TensorInterference], donors: int, comparable: bool, most: int = 12
) -> list[Finding]:
    """The findings that are worth most, highest first.

    A tensor belongs to a finding where the contested share in it (mean of the pair) is at least
    that of the pair over all tensors; neighbours in the order of layers form one finding.
    """
    worths, shares, whole = _tables(parts, donors, comparable)
    columns = _columns(parts)
    found: list[tuple[float, tuple[int, int], list[int]]] = []
    for a, b in combinations(range(donors), 2):
        if whole[a, b] <= 0:
            continue
        for column in columns:
            for group in _groups(column, shares[:, a, b], float(whole[a, b])):
                worth = float(worths[group, a, b].sum())
                if worth >= _LEAST:
                    found.append((worth, (a, b), group))
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    return [_told(parts, worths, one, donors, comparable) for one in found[:most]]


def _tables(
    parts: Sequence[TensorInterference], donors: int, comparable: bool
) -> tuple[Table, Table, Table]:
    """Tensor by tensor the worth and the contested share of every pair; and the latter over all."""
    lots, own = np.zeros((len(parts), donors, donors)), np.zeros((len(parts), donors))
    for i, part in enumerate(parts):
        if part.donors:
            shared = weights(part, comparable)[:, None] * np.array(part.shared)
            lots[i][np.ix_(part.donors, part.donors)] = shared
            own[i, list(part.donors)] = np.diag(shared)
    total = own.sum(axis=0)
    worths = _mean_of_both(_over(lots, total[None, :, None]))
    shares = _mean_of_both(_over(lots, own[:, :, None]))
    return worths, shares, worths.sum(axis=0)


def _over(values: Table, wholes: Table) -> Table:
    wide = np.broadcast_to(wholes, values.shape)
    return np.divide(values, wide, out=np.zeros_like(values), where=wide > 0)


def _mean_of_both(shares: Table) -> Table:
    mean: Table = (shares + shares.transpose(0, 2, 1)) / 2
    return mean


def _columns(parts: Sequence[TensorInterference]) -> list[list[int]]:
    """Tensors (indices) of one module each, by layer; outside the layers each by itself."""
    columns: dict[str, list[int]] = {}
    for i, part in enumerate(parts):
        outside = part.layer is None
        columns.setdefault(part.tensor if outside else part.module, []).append(i)
    return [sorted(column, key=lambda i: parts[i].layer or 0) for column in columns.values()]


def _groups(column: Sequence[int], shares: Table, least: float) -> list[list[int]]:
    """Neighbours of a column whose share is at least that much (and a hair less)."""
    groups: list[list[int]] = [[]]
    for i in column:
        if shares[i] >= least * (1 - 1e-9):
            groups[-1].append(i)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def _told(
    parts: Sequence[TensorInterference],
    worths: Table,
    found: tuple[float, tuple[int, int], list[int]],
    donors: int,
    comparable: bool,
) -> Finding:
    worth, (a, b), group = found
    chosen = [parts[i] for i in group]
    first, last = chosen[0].layer, chosen[-1].layer
    return Finding(
        pair=(a, b),
        module=chosen[0].module,
        layers=None if first is None or last is None else (first, last),
        tensors=tuple(part.tensor for part in chosen),
        strongest=parts[max(group, key=lambda i: float(worths[i, a, b]))].tensor,
        worth=worth,
        figures=Comparison(chosen, donors, comparable),
    )
