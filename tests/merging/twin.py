"""Section "mutually exclusive iterative merging" once more, in plain Python: slow and obvious.

It shares no code with the engine; only tensors small enough to sort.
"""

from fractions import Fraction
from math import floor
from typing import Any

import torch
from torch import Tensor

from obim.types import InputStats, MergeSpec
from tests.merging.fakes import FakeBase, FakeDonor


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def ranks(spec: MergeSpec, delta: Tensor, stats: InputStats, name: str) -> list[tuple[Any, ...]]:
    """(tier, saliency) a position; float32 arithmetic as documented."""
    if spec.estimator == "magnitude":
        return [(1, s) for s in (0.5 * delta * delta).flatten().tolist()]
    term = stats.tensors[name]
    curvature = term.curvature[0].expand(delta.shape)
    saliency = delta * delta * curvature * 0.5
    if spec.scope == "global":
        saliency = (saliency.double() / saliency.double().sum()).float()
    if not term.lexicographic:
        return [(1, s) for s in saliency.flatten().tolist()]
    return [
        (1, s) if h > 0 else (0, abs(d))
        for s, h, d in zip(
            saliency.flatten().tolist(),
            curvature.flatten().tolist(),
            delta.flatten().tolist(),
            strict=True,
        )
    ]


def lines(name: str, shape: tuple[int, ...], scope: str) -> list[list[int]]:
    """Flat positions ranked together."""
    numel = 1
    for n in shape:
        numel *= n
    if scope != "row" or len(shape) < 2:
        return [list(range(numel))]
    if "c_attn" in name:
        return [[r * shape[1] + c for r in range(shape[0])] for c in range(shape[1])]
    columns = shape[-1]
    return [list(range(first, first + columns)) for first in range(0, numel, columns or 1)]


def owners(
    spec: MergeSpec, base: FakeBase, donors: list[FakeDonor], stats: list[InputStats]
) -> dict[str, list[int]]:
    dtype = getattr(torch, spec.dtype)
    names = sorted(base.tensors)
    owner = {name: [0] * base.tensors[name].numel for name in names}
    rank, claimable = [], []
    for k, donor in enumerate(donors):
        rank.append({})
        claimable.append({})
        for name in names:
            delta, w0 = donor.deltas.get(name), base.values[name].float()
            if delta is None:
                claimable[k][name] = [False] * w0.numel()
                continue
            rank[k][name] = ranks(spec, delta, stats[k], name)
            cast = (w0 + delta * spec.donors[k].scale).to(dtype) != w0.to(dtype)
            claimable[k][name] = cast.flatten().tolist()
    everywhere = sum(
        any(claimable[k][name][i] for k in range(len(donors)))
        for name in names
        for i in range(base.tensors[name].numel)
    )
    if spec.scope == "global":
        groups = [[(name, i) for name in names for i in range(base.tensors[name].numel)]]
    else:
        groups = [
            [(name, i) for i in line]
            for name in names
            for line in lines(name, base.tensors[name].shape, spec.scope)
        ]
    K, R = len(donors), spec.rounds
    for t in range(1, K * R + 1):
        r, i = -(-t // K), (t - 1) % K
        k = (i + r - 1) % K if spec.rotate else i
        for group in groups:
            density = spec.donors[k].density
            share = Fraction(str(1 / K if density is None else density))
            share *= everywhere if spec.scope == "global" else len(group)
            n = half_up(share * r / R) - half_up(share * (r - 1) / R)
            free = [p for p in group if owner[p[0]][p[1]] == 0 and claimable[k][p[0]][p[1]]]
            free.sort(key=lambda p: rank[k][p[0]][p[1]], reverse=True)
            for name, position in free[:n]:
                owner[name][position] = t
    return owner
