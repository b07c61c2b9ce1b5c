"""Random Llama folders of real sizes, written tensor by tensor; nothing is loaded."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaConfig

from obim.models.checkpoint import open_checkpoint
from obim.models.writing import plan_shards, write_shards
from obim.runs.recipe import read_recipe
from obim.runs.recipe import write_recipe as save_recipe
from obim.runs.statistics_needed import stats_key
from obim.saliency.store import save_stats
from obim.types import Donor, InputStats, MergeSpec, TensorInfo, TensorStats

STEP = 2e-3
"""Standard deviation of a donor's changes; the base's weights have 0.05."""


@dataclass(frozen=True)
class Size:
    """Measures of a Llama."""

    layers: int
    width: int
    inner: int
    heads: int
    shared: int
    vocabulary: int
    tied: bool

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """File tensor name -> shape, sorted by name."""
        kept = self.width // self.heads * self.shared
        found: dict[str, tuple[int, ...]] = {
            "model.embed_tokens.weight": (self.vocabulary, self.width),
            "model.norm.weight": (self.width,),
        }
        if not self.tied:
            found["lm_head.weight"] = (self.vocabulary, self.width)
        for i in range(self.layers):
            at = f"model.layers.{i}."
            for part, rows in (("q", self.width), ("k", kept), ("v", kept), ("o", self.width)):
                found[f"{at}self_attn.{part}_proj.weight"] = (rows, self.width)
            for part in ("gate", "up"):
                found[f"{at}mlp.{part}_proj.weight"] = (self.inner, self.width)
            found[f"{at}mlp.down_proj.weight"] = (self.width, self.inner)
            for norm in ("input", "post_attention"):
                found[f"{at}{norm}_layernorm.weight"] = (self.width,)
        return dict(sorted(found.items()))

    def config(self) -> LlamaConfig:
        """As transformers wants it."""
        return LlamaConfig(
            hidden_size=self.width,
            intermediate_size=self.inner,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.shared,
            vocab_size=self.vocabulary,
            tie_word_embeddings=self.tied,
            architectures=["LlamaForCausalLM"],
            dtype="bfloat16",
        )


SMOL = Size(30, 576, 1536, 9, 3, 49152, True)
"""134.5 M parameters, as SmolLM2-135M."""
BILLION = Size(22, 2048, 5632, 32, 4, 32000, False)
"""1.1 B parameters, as TinyLlama."""


def write_base(folder: Path, size: Size, shard_bytes: int = 5 * 10**8) -> None:
    """Write a random base in bfloat16."""
    generator = torch.Generator().manual_seed(0)
    _write(
        folder,
        size,
        shard_bytes,
        (
            (name, torch.randn(shape, generator=generator).mul_(0.05).bfloat16())
            for name, shape in size.shapes.items()
        ),
    )


def write_donor(
    folder: Path, base: Path, size: Size, seed: int, shard_bytes: int = 5 * 10**8
) -> None:
    """Write the base with noise on every weight."""
    generator = torch.Generator().manual_seed(seed)
    opened = open_checkpoint(base)

    def tensors() -> Iterator[tuple[str, Tensor]]:
        for name in opened.tensors:
            stored = opened.read(name)
            noise = torch.randn(stored.shape, generator=generator).mul_(STEP)
            yield name, (stored.float() + noise).bfloat16()

    _write(folder, size, shard_bytes, tensors())


def _write(
    folder: Path, size: Size, shard_bytes: int, tensors: Iterator[tuple[str, Tensor]]
) -> None:
    folder.mkdir(parents=True)
    size.config().save_pretrained(folder)
    infos = [TensorInfo(name, shape, "bfloat16", "", 0) for name, shape in size.shapes.items()]
    _, index = write_shards(folder, plan_shards(infos, torch.bfloat16, shard_bytes), tensors)
    if index is not None:
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def write_recipe(
    path: Path, base: Path, donors: Sequence[Path], density: float, rounds: int = 10
) -> Path:
    """A recipe for OBIM with statistics to be given."""
    chosen = [
        Donor(name=donor.name, source=str(donor), density=density, calibration="self")
        for donor in donors
    ]
    save_recipe(MergeSpec(base=str(base), donors=tuple(chosen), rounds=rounds), path)
    return path


def write_statistics(folder: Path, recipe: Path) -> None:
    """Random statistics for each donor of a recipe, as if they had been measured."""
    spec = read_recipe(recipe)
    base = open_checkpoint(spec.base)
    generator = torch.Generator().manual_seed(7)
    for k in range(len(spec.donors)):
        tensors = {}
        for name, info in base.tensors.items():
            shape = info.shape if len(info.shape) == 1 else (1, info.shape[1])
            tensors[name] = TensorStats((torch.rand(shape, generator=generator),))
        save_stats(InputStats(tensors, 16384, 64), folder / f"{stats_key(spec, k)}.safetensors")
