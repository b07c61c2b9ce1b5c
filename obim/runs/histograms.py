"""Bins of saliency, two an octave, as the page draws them: cropped, and not too many."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST = 48


def logarithmic(halves: NDArray[np.int64], zeros: NDArray[np.int64]) -> dict[str, Any]:
    """Counts between edges of log10 saliency, the same edges for all donors.

    Args:
        halves: (donors, 2, `obim.insight.tallying.HALVES`).
        zeros: (donors, 2).

    Returns:
        ``edges``, ``all`` and ``contested``: a list of counts a donor, ``zeros``: [all, contested]
        a donor, which lie on no logarithmic axis.
    """
    there = np.flatnonzero(halves.sum(axis=(0, 1)))
    first, last = (int(there[0]), int(there[-1]) + 1) if there.size else (254, 255)
    step = -(-(last - first) // _MOST)
    last = first + step * -(-(last - first) // step)
    padded = np.pad(halves, ((0, 0), (0, 0), (0, max(0, last - halves.shape[2]))))
    counts = padded[:, :, first:last].reshape(*halves.shape[:2], -1, step).sum(axis=3)
    edges = [(b / 2 - 127) * math.log10(2) for b in range(first, last + 1, step)]
    return {
        "edges": edges,
        "all": counts[:, 0].tolist(),
        "contested": counts[:, 1].tolist(),
        "zeros": zeros.tolist(),
    }
