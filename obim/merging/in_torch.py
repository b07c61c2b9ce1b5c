"""What `loops` compiles for the CPU, in torch operations, for tensors on another device.

Keys are int32 here, in the order of those uint32: ``key XOR 2^31``, so that the least number can't
be claimed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

NEVER = -(1 << 31)
"""The key that can't be claimed."""


def to_numpy(keys: Tensor) -> NDArray[np.uint32]:
    """Keys as `loops` has them, flat."""
    return (keys ^ NEVER).reshape(-1).cpu().numpy().view(np.uint32)


def from_numpy(keys: NDArray[np.uint32], device: torch.device) -> Tensor:
    """Keys of `loops` on a device, flat."""
    return torch.from_numpy(keys.view(np.int32)).to(device) ^ NEVER


def encode(saliency: Tensor, primary: Tensor | None, delta: Tensor) -> Tensor:
    """Keys, same shape, all float32; see `kernels.sort_keys`.

    Raises:
        ValueError: a saliency of the first tier is negative or not a number.
    """
    sound, keys = saliency >= 0, saliency.abs().view(torch.int32) + 1
    if primary is not None:
        sound |= ~primary
        keys = torch.where(primary, keys, delta.abs().view(torch.int32) + 1 + NEVER)
    if not bool(sound.all()):
        raise ValueError("saliency must be a number, and >= 0")
    return keys


def compare(
    delta: Tensor, scaled: Tensor, written: Tensor, candidate: Tensor, keys: Tensor
) -> tuple[int, int, float, float]:
    """As `loops.compare`: strikes out keys where nothing changes, and returns its sums, in float32.

    All of one shape, float32 but ``keys``.
    """
    claimable = candidate != written
    lost = candidate - written - scaled
    sums = torch.stack((scaled.square().sum(), lost.square().sum())).cpu().tolist()
    counts = torch.stack(((delta != 0).sum(), claimable.sum())).cpu().tolist()
    keys.masked_fill_(~claimable, NEVER)
    return counts[0], counts[1], sums[0], sums[1]


def claim_all(
    keys: Sequence[Tensor | None],
    turns: Sequence[tuple[int, int, int]],
    rows: Callable[[Any], Any],
) -> Tensor:
    """All turns inside one tensor: each claims its donor's first free positions, best first.

    Ties go to the lower index, since the sort is stable. Per position and donor 9 bytes.

    Args:
        keys: a donor's keys each, (numel,); None where it cannot touch the tensor.
        turns: (turn, donor, positions a row), in order.
        rows: views a flat tensor as (rows, columns) among which positions are ranked.

    Returns:
        Owner map, (numel,), uint8.
    """
    orders: list[tuple[Tensor, Tensor] | None] = []
    for own in keys:
        if own is None:
            orders.append(None)
            continue
        values, order = rows(own).sort(dim=1, descending=True, stable=True)
        orders.append((order, values != NEVER))
    first = next(own for own in keys if own is not None)
    flat = torch.zeros(first.shape, dtype=torch.uint8, device=first.device)
    owner = rows(flat)
    for turn, donor, n in turns:
        if (ranked := orders[donor]) is not None:
            order, claimable = ranked
            held = owner.gather(1, order)
            free = claimable & (held == 0)
            mine = free & (free.cumsum(1, dtype=torch.int32) <= n)
            owner.scatter_(1, order, held.masked_fill(mine, turn))
    return flat
