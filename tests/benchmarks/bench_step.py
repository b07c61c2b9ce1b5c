"""How long one stepped turn takes on tensors of the demo's sizes (134.5 M positions, 4 donors).

Random weights in memory: no model is loaded, nothing is evaluated or painted. Needs 4 GB.
Run: ``python -m tests.benchmarks.bench_step``.
"""

import statistics
import time

import torch

from obim.merging.engine import Merge
from obim.types import Donor, MergeSpec
from tests.merging.fakes import FakeBase, FakeDonor

LAYERS, WIDTH, INNER, KEYS, VOCAB, DONORS = 30, 576, 1536, 192, 49152, 4


def shapes() -> dict[str, tuple[int, ...]]:
    sizes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (VOCAB, WIDTH),
        "model.norm.weight": (WIDTH,),
    }
    for i in range(LAYERS):
        at = f"model.layers.{i:02d}"
        for part in ("gate_proj", "up_proj"):
            sizes[f"{at}.mlp.{part}.weight"] = (INNER, WIDTH)
        sizes[f"{at}.mlp.down_proj.weight"] = (WIDTH, INNER)
        for part, rows in (("q", WIDTH), ("k", KEYS), ("v", KEYS), ("o", WIDTH)):
            sizes[f"{at}.self_attn.{part}_proj.weight"] = (rows, WIDTH)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            sizes[f"{at}.{norm}.weight"] = (WIDTH,)
    return sizes


class RandomDonor(FakeDonor):
    """Every delta is a piece of the same noise, so that none costs memory or time."""

    noise = torch.randn(VOCAB * WIDTH + 1000 * DONORS).mul_(2e-3)

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def delta(self, name: str, base_tensor: torch.Tensor | None = None) -> torch.Tensor:
        assert base_tensor is not None
        noise = self.noise[self.seed * 1000 : self.seed * 1000 + base_tensor.numel()]
        return noise.reshape(base_tensor.shape)


def main() -> None:
    base = FakeBase(
        {name: (torch.randn(shape) * 0.05).bfloat16() for name, shape in shapes().items()}
    )
    donors = [RandomDonor(k) for k in range(DONORS)]
    total = sum(info.numel for info in base.tensors.values())
    print(f"{total / 1e6:.1f} M positions, {DONORS} donors, {torch.get_num_threads()} threads")
    for scope in ("tensor", "row", "global"):
        spec = MergeSpec(
            base="base",
            donors=tuple(Donor(name=f"d{k}", source="s") for k in range(DONORS)),
            estimator="magnitude",
            scope=scope,
        )
        merge = Merge(spec, base, donors, [None] * DONORS)
        began = time.perf_counter()
        for _ in merge.prepare():
            pass
        ready = time.perf_counter() - began
        seconds = [turn.seconds for turn in merge.iterate()]
        began = time.perf_counter()
        for _ in merge.changed(0):
            pass
        write = time.perf_counter() - began
        print(
            f"{scope}: prepare {ready:.1f} s; a turn: median {statistics.median(seconds):.3f} s, "
            f"longest {max(seconds):.3f} s; all tensors written anew {write:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
