"""Every shape of checkpoint through ``obim merge``, against files read by the safetensors library.

One donor with density 1 and scale 1 takes every position, so the merge is the donor as far as
float32 can say it: ``cast(W0 + (W - W0))``.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from obim.cli import OK, main
from obim.runs.recipe import dump_recipe
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

F32, BF16, F16 = torch.float32, torch.bfloat16, torch.float16


def read(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a folder, found without its index."""
    tensors = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            tensors.update({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    return tensors


def rewrite(folder: Path, dtype: torch.dtype, mixed: bool) -> None:
    """Store weights as ``dtype``, norms and biases in float32 where ``mixed``."""
    for path in folder.glob("*.safetensors"):
        tensors = {
            name: t.to(F32 if mixed and t.ndim == 1 else dtype)
            for name, t in load_file(path).items()
        }
        save_file(tensors, path, metadata={"format": "pt"})


def expected(base: torch.Tensor, donor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """In numpy's float32, every step rounded."""
    w0: np.ndarray = base.to(F32).numpy()
    taken = w0 + (donor.to(F32).numpy() - w0)
    return torch.from_numpy(taken).to(dtype)


@pytest.mark.parametrize(
    ("family", "tied", "base_sharded", "donor_sharded", "base_dtype", "donor_dtype", "mixed"),
    [
        ("llama", False, False, False, F32, F32, False),
        ("llama", False, True, False, BF16, BF16, False),
        ("llama", True, False, True, BF16, BF16, True),
        ("llama", True, True, True, F16, F16, False),
        ("llama", False, True, True, BF16, F32, True),
        ("qwen2", False, False, True, F16, BF16, False),
        ("qwen2", True, True, False, F32, F16, True),
        ("qwen2", False, True, True, BF16, F16, False),
        ("gpt2", True, False, False, BF16, F32, False),
        ("gpt2", False, True, True, F32, BF16, True),
        ("gemma", True, False, True, F16, F32, True),
        ("mixtral", False, True, False, F32, BF16, False),
    ],
)
@pytest.mark.parametrize("out", ["bfloat16", "float16", "float32"])
def test_one_donor_with_density_1_is_the_donor(
    tmp_path: Path,
    *,
    family: str,
    tied: bool,
    base_sharded: bool,
    donor_sharded: bool,
    base_dtype: torch.dtype,
    donor_dtype: torch.dtype,
    mixed: bool,
    out: str,
):
    base = save_tiny(tmp_path / "base", family, tied=tied, sharded=base_sharded)
    donor = save_donor(tmp_path / "donor", base, sharded=donor_sharded)
    rewrite(base, base_dtype, mixed)
    rewrite(donor, donor_dtype, False)
    assert (base / "model.safetensors.index.json").exists() is base_sharded
    assert (donor / "model.safetensors.index.json").exists() is donor_sharded
    spec = MergeSpec(
        base=str(base),
        donors=(Donor(name="d", source=str(donor), density=1.0),),
        estimator="magnitude",
        rounds=1,
        dtype=out,
    )
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dump_recipe(spec))
    assert main(["merge", str(recipe), str(tmp_path / "out"), "--shard-bytes", "8000"]) == OK
    ours, theirs, merged = read(base), read(donor), read(tmp_path / "out")
    assert merged.keys() == ours.keys() == theirs.keys()
    assert any(name.endswith("bias") for name in ours) is (family in ("qwen2", "gpt2"))
    assert ("lm_head.weight" in ours) is not tied
    assert {t.dtype for t in ours.values()} == ({base_dtype, F32} if mixed else {base_dtype})
    dtype = getattr(torch, out)
    moved = 0
    for name, tensor in merged.items():
        assert tensor.dtype == dtype
        assert torch.equal(tensor, expected(ours[name], theirs[name], dtype)), name
        step = 2 * torch.finfo(dtype).eps
        torch.testing.assert_close(tensor.float(), theirs[name].float(), rtol=step, atol=step)
        moved += int((tensor != ours[name].to(dtype)).sum())
    assert moved > 0.5 * sum(t.numel() for t in merged.values())
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == out
