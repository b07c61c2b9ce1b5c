"""A window of one tensor as a picture: each pixel a block of positions, counted one by one.

It samples nothing and averages nothing; colours are the page's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obim.insight.tallying import count_blocks

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """Rows and columns of a tensor as a matrix, from the first up to before the last.

    Attributes:
        top: first row.
        bottom: row behind the last.
        left: first column.
        right: column behind the last.
    """

    top: int
    bottom: int
    left: int
    right: int

    def within(self, rows: int, columns: int) -> bool:
        """Whether a matrix of this shape has such a window."""
        tall = 0 <= self.top < self.bottom <= rows
        return tall and 0 <= self.left < self.right <= columns


@dataclass(frozen=True)
class Meaning:
    """What codes of positions stand for.

    Attributes:
        category: (codes,), 0: nobody's.
        members: (codes, donors), whether a donor has a part in it.
        kinds: number of categories.
    """

    category: Counts
    members: NDArray[np.bool_]
    kinds: int


@dataclass(frozen=True)
class Picture:
    """How many positions of each category lie in each block.

    Attributes:
        counts: (rows, columns, categories).
        row_members: (rows, donors): positions in which each donor has a part.
        col_members: (columns, donors).
        row_edges: (rows + 1,), where blocks begin and end in the tensor.
        col_edges: (columns + 1,).
    """

    counts: Counts
    row_members: Counts
    col_members: Counts
    row_edges: Counts
    col_edges: Counts


def edges(first: int, last: int, size: int) -> Counts:
    """Cut a range into ``size`` parts, or as many as it is long, that differ by one at most."""
    n = min(size, last - first)
    return first + np.arange(n + 1, dtype=np.int64) * (last - first) // n


def picture(codes: NDArray[Any], meaning: Meaning, window: Window, size: int) -> Picture:
    """Count the positions of a window in at most size x size blocks.

    Args:
        codes: (rows, columns), what a position is.
        meaning: of the codes.
        window: within the matrix.
        size: of the picture.
    """
    rows = edges(window.top, window.bottom, size)
    columns = edges(window.left, window.right, size)
    n, m, donors = len(rows) - 1, len(columns) - 1, meaning.members.shape[1]
    counts = np.zeros((n, m, meaning.kinds), np.int64)
    row_members, col_members = np.zeros((n, donors), np.int64), np.zeros((m, donors), np.int64)
    count_blocks(
        codes[window.top : window.bottom, window.left : window.right],
        meaning.category,
        meaning.members,
        np.repeat(np.arange(n), np.diff(rows)),
        np.repeat(np.arange(m), np.diff(columns)),
        counts,
        row_members,
        col_members,
    )
    return Picture(counts, row_members, col_members, rows, columns)


def as_matrix(flat: NDArray[Any], shape: tuple[int, ...], turned: bool) -> NDArray[Any]:
    """A tensor's positions as rows that are outputs.

    Args:
        flat: (positions,).
        shape: as stored; one axis or none is one row, more than two are rows of the last.
        turned: stored with outputs as columns.
    """
    matrix = flat.reshape(1, -1) if len(shape) < 2 else flat.reshape(-1, shape[-1])
    return matrix.T if turned else matrix
