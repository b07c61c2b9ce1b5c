"""Hooked statistics against brute force from hidden states and against the loss itself."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, Gemma3TextConfig

from obim.errors import CalibrationError
from obim.models.binding import bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.saliency.activations import collect_input_stats
from obim.saliency.calibration import Batch, Text
from obim.saliency.calibration import batches as batches_of
from obim.saliency.layerwise import layerwise
from obim.types import InputStats
from tests.tiny import FAMILIES, TEXTS, Family, save_tiny, tiny_tokenizer


def drain(generator) -> tuple[list[float], InputStats]:
    fractions = []
    while True:
        try:
            fractions.append(next(generator))
        except StopIteration as stop:
            return fractions, stop.value


def padded(pad: int = 1) -> list[Batch]:
    tokenizer = tiny_tokenizer()
    rows = [tokenizer(text)["input_ids"] for text in TEXTS]
    result = []
    for group in (rows[:3], rows[3:]):
        width = max(map(len, group))
        ids = torch.full((len(group), width), pad)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(group):
            ids[i, : len(row)], mask[i, : len(row)] = torch.tensor(row), 1
        result.append(Batch(ids, mask, len(ids)))
    return result


def measure(path: Path, batches: list[Batch]):
    checkpoint = open_checkpoint(path)
    model = load_model(path, torch.float32)
    bindings = bind(model, checkpoint)
    fractions, stats = drain(collect_input_stats(model, bindings, batches))
    assert fractions[-1] == 1.0
    return model, bindings, stats


def one_by_one(model: nn.Module, batches: list[Batch]):
    """Each text alone, unpadded: hidden states of every layer and the ids."""
    for ids, mask, *_ in batches:
        for row, keep in zip(ids, mask, strict=True):
            alone = row[keep.bool()][None]
            with torch.no_grad():
                yield alone[0], model(alone, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_tensor_of_every_family_is_measured(tmp_path: Path, family: Family, tied: bool):
    path = save_tiny(tmp_path / "m", family, tied=tied)
    _, bindings, stats = measure(path, padded())
    assert stats.missing == {}
    assert set(stats.tensors) == set(bindings)
    assert stats.tokens == sum(int(batch.mask.sum()) for batch in padded())
    assert stats.texts == len(TEXTS)
    for name, entry in stats.tensors.items():
        shape = bindings[name].view.shape
        for term in entry.curvature:
            assert term.ndim == len(shape)
            assert torch.broadcast_shapes(term.shape, shape) == shape
            assert bool((term >= 0).all())
            assert term.untyped_storage().nbytes() == term.numel() * 4


@pytest.mark.parametrize("tied", [False, True])
def test_llama_against_hidden_states(tmp_path: Path, tied: bool):
    model, _, stats = measure(save_tiny(tmp_path / "m", "llama", tied=tied), padded())
    normals, heads, counts, tokens = 0.0, 0.0, torch.zeros(96), 0
    inputs = 0.0
    layer = model.model.layers[1]
    for ids, hidden in one_by_one(model, padded()):
        x = hidden[1][0]
        x_hat = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        normals = normals + x_hat.square().sum(0)
        inputs = inputs + (x_hat * layer.input_layernorm.weight).square().sum(0)
        heads = heads + hidden[-1][0].square().sum(0)
        counts += torch.bincount(ids, minlength=96)
        tokens += len(ids)
    close = {"rtol": 1e-4, "atol": 1e-6}
    got = stats.tensors
    norm = got["model.layers.1.input_layernorm.weight"].curvature
    torch.testing.assert_close(norm[0], normals / tokens, **close)
    for projection in ("q_proj", "k_proj", "v_proj"):
        (term,) = got[f"model.layers.1.self_attn.{projection}.weight"].curvature
        torch.testing.assert_close(term, (inputs / tokens)[None], **close)
    embedding = got["model.embed_tokens.weight"]
    torch.testing.assert_close(embedding.curvature[0], (counts / tokens)[:, None], **close)
    head = embedding.curvature[1] if tied else got["lm_head.weight"].curvature[0]
    torch.testing.assert_close(head, (heads / tokens)[None], **close)
    assert embedding.lexicographic is not tied


def test_padding_does_not_count(tmp_path: Path):
    path = save_tiny(tmp_path / "m", "qwen2")
    _, _, together = measure(path, padded())
    alone = [
        Batch(row[keep.bool()][None], keep[keep.bool()][None], 1)
        for ids, mask, *_ in padded()
        for row, keep in zip(ids, mask, strict=True)
    ]
    _, _, single = measure(path, alone)
    assert together.tokens == single.tokens
    for name, entry in single.tensors.items():
        for a, b in zip(entry.curvature, together.tensors[name].curvature, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", ["mixtral", "qwen3_moe"])
def test_experts_sum_routed_tokens_over_all_tokens(tmp_path: Path, family: Family):
    model, bindings, stats = measure(save_tiny(tmp_path / "m", family), padded())
    block = model.model.layers[0].mlp
    seen: list[Tensor] = []
    handle = block.register_forward_pre_hook(lambda _, args: seen.append(args[0][0]))
    tokens = sum(len(ids) for ids, _ in one_by_one(model, padded()))
    handle.remove()
    x = torch.cat(seen)
    assert len(x) == tokens
    routed = (x @ block.gate.weight.T).topk(2).indices
    names = {b.expert: n for n, b in bindings.items() if "layers.0" in n and b.kind == "expert"
             and n.endswith(("w2.weight", "down_proj.weight"))}  # fmt: skip
    for expert in range(4):
        mine = x[(routed == expert).any(1)]
        down = names[expert]
        gate = down.replace("w2", "w1").replace("down_proj", "gate_proj")
        up = down.replace("w2", "w3").replace("down_proj", "up_proj")
        outside = mine.square().sum(0) / tokens
        hidden = functional.silu(mine @ bindings[gate].view.T) * (mine @ bindings[up].view.T)
        inside = hidden.square().sum(0) / tokens
        for name, wanted in ((gate, outside), (up, outside), (down, inside)):
            (term,) = stats.tensors[name].curvature
            torch.testing.assert_close(term, wanted[None], rtol=1e-4, atol=1e-6)


def test_conv1d_axis_and_positions(tmp_path: Path):
    model, bindings, stats = measure(save_tiny(tmp_path / "m", "gpt2"), padded())
    name = "transformer.h.0.attn.c_attn.weight"
    assert bindings[name].kind == "conv1d"
    total, tokens, places = 0.0, 0, torch.zeros(256)
    for ids, hidden in one_by_one(model, padded()):
        x = model.transformer.h[0].ln_1(hidden[0][0])
        total = total + x.square().sum(0)
        tokens += len(ids)
        places[: len(ids)] += 1
    (term,) = stats.tensors[name].curvature
    torch.testing.assert_close(term, (total / tokens)[:, None], rtol=1e-4, atol=1e-6)
    (used,) = stats.tensors["transformer.wpe.weight"].curvature
    torch.testing.assert_close(used, (places / tokens)[:, None])
    (bias,) = stats.tensors["transformer.h.0.attn.c_attn.bias"].curvature
    assert bias.tolist() == [1.0]


@pytest.mark.parametrize(
    "leaf", ["self_attn.o_proj", "mlp.down_proj", "self_attn.q_norm", "input_layernorm"]
)
def test_saliency_is_the_change_of_the_layerwise_loss(tmp_path: Path, leaf: str):
    """Taking one entry of a delta away changes mean 1/2 |y' - y|^2 by its saliency exactly."""
    model, bindings, stats = measure(save_tiny(tmp_path / "m", "qwen3"), padded())
    name = f"model.layers.1.{leaf}.weight"
    module = model.get_submodule(f"model.layers.1.{leaf}")
    inputs: list[Tensor] = []
    handle = module.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0]))
    tokens = sum(len(ids) for ids, _ in one_by_one(model, padded()))
    handle.remove()
    delta = torch.randn(bindings[name].view.shape, generator=torch.Generator().manual_seed(3))
    predicted = layerwise(delta, stats.tensors[name], None)
    weight, original = bindings[name].view, bindings[name].view.clone()
    for flat in (0, 5, delta.numel() - 1):
        change = torch.zeros_like(delta)
        change.view(-1)[flat] = delta.view(-1)[flat]
        with torch.no_grad():
            before = [module(x) for x in inputs]
            weight.add_(change)
            after = [module(x) for x in inputs]
            weight.copy_(original)
        pairs = zip(after, before, strict=True)
        loss = sum((a - b).double().square().sum() for a, b in pairs) / (2 * tokens)
        assert float(predicted.view(-1)[flat]) == pytest.approx(float(loss), rel=1e-3)


@pytest.mark.parametrize("length", [2, 4, 5])
def test_heads_before_tokens_are_told_apart(tmp_path: Path, length: int):
    """Gemma 3 norms its queries as (rows, heads, length, width); lengths equal to heads too."""
    config = Gemma3TextConfig(
        vocab_size=96, hidden_size=16, intermediate_size=24, num_hidden_layers=1,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=64,
    )  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "m")
    ids = torch.arange(2 * length).reshape(2, length) + 6
    mask = torch.ones_like(ids)
    mask[1, 1:] = 0
    model, _, stats = measure(tmp_path / "m", [Batch(ids, mask, 1)])
    assert stats.missing == {}
    norm = model.model.layers[0].self_attn.q_norm
    seen: list[Tensor] = []
    handle = norm.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    for _ in one_by_one(model, [Batch(ids, mask, 1)]):
        pass
    handle.remove()
    x = torch.cat([one.reshape(-1, 8) for one in seen])
    x_hat = x / (x.square().mean(-1, keepdim=True) + norm.eps).sqrt()
    (term,) = stats.tensors["model.layers.0.self_attn.q_norm.weight"].curvature
    torch.testing.assert_close(term, x_hat.square().sum(0) / int(mask.sum()), rtol=1e-4, atol=1e-5)


def test_stopping_removes_hooks_and_restores_the_head(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path)
    before = model(torch.tensor([[5, 6]])).logits
    generator = collect_input_stats(model, bind(model, open_checkpoint(path)), padded())
    next(generator)
    generator.close()
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(model(torch.tensor([[5, 6]])).logits, before)


def test_a_norm_that_is_not_understood_is_missing_with_a_reason(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path)
    bindings = bind(model, open_checkpoint(path))
    norm = model.model.norm
    norm.forward = lambda x: x * norm.weight
    _, stats = drain(collect_input_stats(model, bindings, padded()))
    assert list(stats.missing) == ["model.norm.weight"]
    assert "model.norm.weight" not in stats.tensors


def test_a_long_text_counts_once_however_it_is_cut(tmp_path: Path):
    texts = [Text(" ".join(TEXTS)), Text(TEXTS[0])]
    whole = batches_of(tiny_tokenizer(), texts)
    cut = batches_of(tiny_tokenizer(), texts, max_length=9)
    path = save_tiny(tmp_path / "m")
    _, _, one = measure(path, whole)
    _, _, other = measure(path, cut)
    assert sum(len(batch.ids) for batch in cut) > 8
    assert one.texts == other.texts == 2
    assert one.tokens == other.tokens


def test_a_damaged_donor_is_refused_while_it_runs(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path, torch.float32)
    bindings = bind(model, open_checkpoint(path))
    model.model.layers[0].mlp.down_proj.weight[3, 2] = torch.nan
    with pytest.raises(CalibrationError, match="not finite"):
        drain(collect_input_stats(model, bindings, padded()))
    assert not any(module._forward_hooks for module in model.modules())


def test_no_token_is_refused(tmp_path: Path):
    path = save_tiny(tmp_path / "m")
    model = load_model(path)
    nothing = torch.zeros((1, 3), dtype=torch.int64)
    with pytest.raises(CalibrationError, match="no token"):
        drain(
            collect_input_stats(
                model, bind(model, open_checkpoint(path)), [Batch(nothing, nothing, 0)]
            )
        )


def test_statistics_do_not_depend_on_the_thread_count(tmp_path: Path):
    path = save_tiny(tmp_path / "m", "qwen2")
    results, threads = [], torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            results.append(measure(path, padded())[2])
    finally:
        torch.set_num_threads(threads)
    for name, entry in results[0].tensors.items():
        for a, b in zip(entry.curvature, results[1].tensors[name].curvature, strict=True):
            assert torch.equal(a, b), name
