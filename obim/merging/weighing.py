"""Compiled loops that look back from keys to saliency, and sum it by owner. They change no key."""

from typing import Any

import numpy as np
from numba import njit

from obim.merging.loops import decode


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def unveil(keys: Any, bits: Any) -> None:  # pragma: no cover
    """Back from keys to the bits of float32 values, see `loops.decode`; both flat."""
    for i in range(keys.size):
        bits[i] = decode(keys[i])


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def weigh(values: Any, owner: Any, mine: Any, chosen: Any) -> Any:  # pragma: no cover
    """Sum float32 ``values`` in float64, all flat.

    Returns sum where ``chosen``, sum there where ``mine[owner]``.
    """
    everything, held = 0.0, 0.0
    for i in range(values.size):
        value = np.float64(values[i]) * chosen[i]
        everything += value
        held += value * mine[owner[i]]
    return everything, held
