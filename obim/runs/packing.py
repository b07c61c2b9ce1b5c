"""About how large a map of owners is once it is packed. It packs nothing."""

import math
from collections.abc import Sequence

_PACKED = 1.5
"""Bytes of a packed map of owners against its entropy; measured with the demo."""


def packed(positions: int, owned: Sequence[int]) -> int:
    """Bytes, from how many positions there are and how many of them each donor owns."""
    shares = [n / positions for n in (positions - sum(owned), *owned) if n > 0] if positions else []
    bits = -sum(share * math.log2(share) for share in shares)
    return round(positions * bits / 8 * _PACKED)
