"""Every file tensor has a live view, and writing through it changes the model."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.errors import ModelError
from obim.models.binding import bind, load_model
from obim.models.checkpoint import open_checkpoint
from tests.tiny import FAMILIES, Family, save_tiny

KINDS = {"llama": "linear", "gpt2": "conv1d", "qwen2": "bias", "mixtral": "expert"}


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_views_are_the_files_and_alive(tmp_path: Path, family: Family, tied: bool):
    base = save_tiny(tmp_path / "base", family, tied=tied)
    other = save_tiny(tmp_path / "other", family, tied=tied, seed=7)
    checkpoint, theirs = open_checkpoint(base), open_checkpoint(other)
    model, wanted = load_model(base), load_model(other)
    bindings = bind(model, checkpoint)
    assert list(bindings) == list(checkpoint.tensors)
    kinds = {binding.kind for binding in bindings.values()}
    assert KINDS.get(family, "norm") in kinds
    assert ("tied" in kinds) is tied
    for name, binding in bindings.items():
        assert binding.view.shape == checkpoint.tensors[name].shape
        binding.view.copy_(theirs.read(name))
    ids = torch.arange(10)[None] + 6
    assert torch.equal(model(ids).logits, wanted(ids).logits)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_other_dtypes(tmp_path: Path, dtype: torch.dtype):
    path = save_tiny(tmp_path / "m", "mixtral", dtype=dtype, sharded=True)
    checkpoint = open_checkpoint(path)
    assert load_model(path).dtype == dtype
    assert len(bind(load_model(path), checkpoint)) == len(checkpoint.tensors)
    wide = bind(load_model(path, torch.float32), checkpoint)
    assert {binding.view.dtype for binding in wide.values()} == {torch.float32}


def test_experts_say_which_they_are(tmp_path: Path):
    path = save_tiny(tmp_path / "m", "qwen3_moe")
    bindings = bind(load_model(path), open_checkpoint(path))
    for name, binding in bindings.items():
        if ".experts." in name:
            assert binding.kind == "expert"
            assert binding.expert == int(name.split(".experts.")[1].split(".")[0])


def test_tied_names_both_modules(tmp_path: Path):
    path = save_tiny(tmp_path / "m", tied=True)
    binding = bind(load_model(path), open_checkpoint(path))["model.embed_tokens.weight"]
    assert (binding.kind, binding.module_name, binding.head) == (
        "tied", "model.embed_tokens", "lm_head",
    )  # fmt: skip


def test_one_changed_bit_is_noticed(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[3, 4] += 1e-6
    with pytest.raises(ModelError, match=r"layers\.1\.mlp\.up_proj\.weight"):
        bind(model, open_checkpoint(path))


def test_a_tensor_without_a_place_is_named(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path)
    tensors = load_file(path / "model.safetensors")
    tensors["model.surprise.weight"] = torch.ones(2)
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="surprise"):
        bind(model, open_checkpoint(path))


def test_gpt2_files_without_the_prefix(tmp_path: Path):
    path = save_tiny(tmp_path / "m", "gpt2", tied=True)
    file = path / "model.safetensors"
    short = {n.removeprefix("transformer."): t for n, t in load_file(file).items()}
    short["h.0.attn.bias"] = torch.ones(1, 1, 8, 8)
    save_file(short, file, metadata={"format": "pt"})
    bindings = bind(load_model(path), open_checkpoint(path))
    assert bindings["h.0.attn.c_attn.weight"].kind == "conv1d"
    assert bindings["wte.weight"].kind == "tied"
    assert "h.0.attn.bias" not in bindings


def test_a_folder_that_is_no_model(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "never-heard-of"}')
    with pytest.raises(ModelError, match="can't be loaded"):
        load_model(tmp_path)
