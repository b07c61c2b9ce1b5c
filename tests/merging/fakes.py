"""Base and donors held in memory, and specs around them; no files."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from obim.types import Donor, InputStats, MergeSpec, TensorInfo, TensorStats

SHAPES = {
    "a.weight": (24, 16),
    "b.bias": (24,),
    "embed.weight": (30, 16),
    "h.0.attn.c_attn.weight": (16, 48),
    "norm.weight": (16,),
}


class FakeBase:
    def __init__(self, tensors: Mapping[str, Tensor], model_type: str = "gpt2") -> None:
        self.values = dict(tensors)
        self.config: dict[str, Any] = {"model_type": model_type}
        self.reads = 0
        self.tensors = {
            name: TensorInfo(
                name,
                tuple(t.shape),
                str(t.dtype).removeprefix("torch."),
                "model.safetensors",
                t.numel() * t.element_size(),
            )
            for name, t in sorted(self.values.items())
        }

    def read(self, name: str) -> Tensor:
        self.reads += 1
        return self.values[name].clone()


class FakeDonor:
    def __init__(self, deltas: Mapping[str, Tensor | None]) -> None:
        self.deltas = dict(deltas)

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        delta = self.deltas.get(name)
        return None if delta is None else delta[rows or ...].clone()


def make_base(seed: int = 0, dtype: torch.dtype = torch.bfloat16, **more: Tensor) -> FakeBase:
    g = torch.Generator().manual_seed(seed)
    return FakeBase(
        {name: torch.randn(shape, generator=g).to(dtype) for name, shape in SHAPES.items()} | more
    )


def make_donors(base: FakeBase, count: int, seed: int = 1, size: float = 0.02) -> list[FakeDonor]:
    g = torch.Generator().manual_seed(seed)
    return [
        FakeDonor({n: torch.randn(t.shape, generator=g) * size for n, t in base.tensors.items()})
        for _ in range(count)
    ]


def make_stats(base: FakeBase, count: int, seed: int = 2) -> list[InputStats]:
    g = torch.Generator().manual_seed(seed)
    result = []
    for _ in range(count):
        tensors = {}
        for name, info in base.tensors.items():
            if name == "embed.weight":
                seen = torch.rand((info.shape[0], 1), generator=g)
                tensors[name] = TensorStats(((seen * (seen > 0.5)).float(),), lexicographic=True)
            elif len(info.shape) == 1:
                tensors[name] = TensorStats((torch.rand(info.shape, generator=g),))
            elif "c_attn" in name:
                tensors[name] = TensorStats((torch.rand((info.shape[0], 1), generator=g),))
            else:
                tensors[name] = TensorStats((torch.rand((1, info.shape[1]), generator=g),))
        result.append(InputStats(tensors, tokens=100, texts=4))
    return result


def make_spec(donors: Sequence[dict[str, Any]] | int = 3, **more: Any) -> MergeSpec:
    given = [{}] * donors if isinstance(donors, int) else donors
    return MergeSpec(
        base="b",
        donors=tuple(Donor(**{"name": f"d{i}", "source": "s", **d}) for i, d in enumerate(given)),
        **{"rounds": 4, **more},
    )
