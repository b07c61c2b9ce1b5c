"""Deltas: full donors by subtraction, adapters against PEFT's own merge."""

import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from obim.errors import Incompatible, ModelError, ModelNotFound
from obim.models.checkpoint import open_checkpoint
from obim.models.sources import open_donor, resolve
from tests.tiny import FAMILIES, Family, save_adapter, save_donor, save_tiny


def merged_by_peft(base: Path, adapter: Path) -> dict[str, torch.Tensor]:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()


def check(base_path: Path, adapter: Path) -> int:
    base = open_checkpoint(base_path)
    donor = open_donor(str(adapter), base)
    assert donor.kind == "adapter"
    wanted = merged_by_peft(base_path, adapter)
    touched = 0
    for name in base.tensors:
        if name not in wanted:
            assert donor.delta(name) is None
            continue
        delta = donor.delta(name)
        ours = base.read(name).float()
        if delta is not None:
            assert delta.dtype == torch.float32
            ours = ours + delta
            touched += 1
            some = slice(1, delta.shape[0])
            torch.testing.assert_close(donor.delta(name, rows=some), delta[some], rtol=0, atol=0)
        torch.testing.assert_close(ours, wanted[name].float(), rtol=1e-5, atol=1e-6)
    return touched


@pytest.mark.parametrize("family", FAMILIES)
def test_adapters_equal_merge_and_unload(tmp_path: Path, family: Family):
    base = save_tiny(tmp_path / "base", family, dtype=torch.float32)
    assert check(base, save_adapter(tmp_path / "a", base)) >= 6


@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")
@pytest.mark.parametrize(
    "settings",
    [
        {"use_rslora": True},
        {"rank_pattern": {"q_proj": 3}, "alpha_pattern": {"layers.1.mlp.up_proj": 11}},
        {"modules_to_save": ["lm_head"]},
        {"targets": ["q_proj", "embed_tokens"]},
    ],
)
def test_adapter_variants(tmp_path: Path, settings: dict):
    base = save_tiny(tmp_path / "base", "llama")
    assert check(base, save_adapter(tmp_path / "a", base, **settings)) > 0


def test_an_adapter_delta_is_never_rounded(tmp_path: Path):
    base = save_tiny(tmp_path / "base", dtype=torch.bfloat16)
    adapter = save_adapter(tmp_path / "a", base, dtype=torch.bfloat16)
    donor = open_donor(str(adapter), open_checkpoint(base))
    name = "model.layers.0.self_attn.q_proj"
    weights = load_file(adapter / "adapter_model.safetensors")
    a, b = (weights[f"base_model.model.{name}.lora_{x}.weight"].float() for x in "AB")
    assert torch.equal(donor.delta(f"{name}.weight"), (b @ a) * 2.0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "biases"),
        ({"peft_type": "IA3"}, "only LoRA"),
        ({"r": 5}, "rank"),
        ({"r": "many"}, "not valid: r"),
        ({"kasa_config": {"beta": 1.0}}, "KaSA"),
        ({"init_lora_weights": ["pissa"]}, "changing the base"),
        ({"init_lora_weights": "a way of tomorrow"}, "changing the base"),
    ],
)
def test_unsupported_adapters_are_refused(tmp_path: Path, change: dict, match: str):
    base = save_tiny(tmp_path / "base")
    adapter = save_adapter(tmp_path / "a", base)
    config = adapter / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **change}))
    with pytest.raises(ModelError, match=match):
        open_donor(str(adapter), open_checkpoint(base))


@pytest.mark.parametrize("init", ["pissa", "pissa_niter_4", "olora", "gaussian", "orthogonal"])
def test_adapters_that_begin_by_changing_the_base(tmp_path: Path, init: str):
    base = save_tiny(tmp_path / "base")
    model = AutoModelForCausalLM.from_pretrained(base)
    before = model.model.layers[0].self_attn.q_proj.weight.detach().clone()
    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=init)
    adapted = get_peft_model(model, config)
    kept = torch.equal(model.model.layers[0].self_attn.q_proj.base_layer.weight, before)
    adapted.save_pretrained(tmp_path / "first")
    assert kept == (init in ("gaussian", "orthogonal"))
    if kept:
        assert check(base, tmp_path / "first") == 2
        return
    with pytest.raises(ModelError, match="changing the base"):
        open_donor(str(tmp_path / "first"), open_checkpoint(base))


def test_an_adapter_of_another_base(tmp_path: Path):
    base, other = save_tiny(tmp_path / "b"), save_tiny(tmp_path / "o", "gpt2")
    adapter = save_adapter(tmp_path / "a", base)
    with pytest.raises(Incompatible, match="another base"):
        open_donor(str(adapter), open_checkpoint(other))


def test_tied_embedding_adapters_are_refused(tmp_path: Path):
    base = save_tiny(tmp_path / "b", tied=True)
    module = "base_model.model.model.embed_tokens"
    weights = {f"{module}.lora_embedding_A": torch.ones(2, 96)}
    weights[f"{module}.lora_embedding_B"] = torch.ones(16, 2)
    adapter = save_adapter(tmp_path / "a", base, targets=["q_proj"])
    save_file(weights, adapter / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="output head"):
        open_donor(str(adapter), open_checkpoint(base))


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")
@pytest.mark.parametrize("tying", [False, True])
def test_an_embedding_trained_apart_from_its_head_is_refused(tmp_path: Path, tying: bool):
    base = save_tiny(tmp_path / "b", tied=True)
    adapter = save_adapter(
        tmp_path / "a",
        base,
        targets=["q_proj"],
        modules_to_save=["embed_tokens"],
        ensure_weight_tying=tying,
    )
    with pytest.raises(ModelError, match=r"output head|unties"):
        open_donor(str(adapter), open_checkpoint(base))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_full_donors_subtract_in_float32(tmp_path: Path, dtype: torch.dtype):
    base_path = save_tiny(tmp_path / "b", dtype=dtype)
    donor_path = save_donor(tmp_path / "d", base_path, sharded=True)
    base = open_checkpoint(base_path)
    donor = open_donor(str(donor_path), base)
    theirs = open_checkpoint(donor_path)
    assert donor.kind == "full"
    for name in base.tensors:
        delta = donor.delta(name)
        assert torch.equal(delta, theirs.read(name).double().sub(base.read(name).double()).float())
        assert torch.equal(delta, donor.delta(name, base.read(name)))
        some = slice(1, delta.shape[0], None)
        assert torch.equal(delta[some], donor.delta(name, rows=some))
        assert torch.equal(delta[some], donor.delta(name, base.read(name, some), some))


def test_donor_files_may_spell_names_differently(tmp_path: Path):
    base_path = save_tiny(tmp_path / "b", "gpt2", tied=True)
    donor_path = save_donor(tmp_path / "d", base_path)
    base = open_checkpoint(base_path)
    before = {name: open_donor(str(donor_path), base).delta(name) for name in base.tensors}
    file = donor_path / "model.safetensors"
    short = {n.removeprefix("transformer."): t for n, t in load_file(file).items()}
    save_file(short, file, metadata={"format": "pt"})
    after = open_donor(str(donor_path), base)
    for name, delta in before.items():
        assert torch.equal(after.delta(name), delta)


def test_full_donors_that_do_not_fit(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "b", layers=2))
    fewer = open_donor(str(save_tiny(tmp_path / "d", layers=1)), base)
    with pytest.raises(Incompatible, match="lacks"):
        fewer.delta("model.layers.1.mlp.up_proj.weight")


def test_references(tmp_path: Path):
    assert resolve(str(tmp_path)) == tmp_path
    with pytest.raises(ModelNotFound, match="write hub:someone/some-model"):
        resolve("someone/some-model")
    with pytest.raises(ModelNotFound, match="not a folder"):
        resolve(str(tmp_path / "absent"))


def test_demo_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "adapters" / "dates").mkdir(parents=True)
    monkeypatch.setattr("obim.models.demo.demo_assets", lambda: tmp_path)
    assert resolve("demo:dates") == tmp_path / "adapters" / "dates"
    for ref in ("demo:../../etc", "demo:", "demo:absent"):
        with pytest.raises(ModelNotFound, match="choose one of: base, dates"):
            resolve(ref)
