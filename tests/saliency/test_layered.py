"""Statistics measured layer by layer against those of the whole model in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook
from transformers import AutoModelForCausalLM, FalconConfig, Gemma3TextConfig

from obim.errors import CalibrationError, ModelError
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.layers import LayeredModel, Read
from obim.models.sources import DonorSource, open_donor
from obim.runs.live import Live
from obim.saliency.activations import collect_input_stats
from obim.saliency.layered import collect_by_layer
from obim.types import InputStats
from tests.saliency.test_activations import drain, padded
from tests.tiny import FAMILIES, Family, save_adapter, save_donor, save_model, save_tiny, tiny_model


def reader(base: Checkpoint, donor: DonorSource | None = None) -> Read:
    def read(name: str, rows: slice | None) -> Tensor:
        stored = base.read(name, rows)
        delta = None if donor is None else donor.delta(name, stored, rows)
        return stored.float() if delta is None else stored.float() + delta

    return read


def whole(base: Checkpoint, donor: DonorSource | None = None) -> InputStats:
    live = Live(base, torch.float32)
    read = reader(base, donor)
    live.put("donor", ((name, read(name, None)) for name in base.tensors))
    return drain(collect_input_stats(live.model, live.bindings, padded()))[1]


def check(got: InputStats, wanted: InputStats) -> None:
    assert (got.tokens, got.texts, got.missing) == (wanted.tokens, wanted.texts, wanted.missing)
    assert list(got.tensors) == list(wanted.tensors)
    for name, entry in wanted.tensors.items():
        assert got.tensors[name].lexicographic == entry.lexicographic
        for a, b in zip(got.tensors[name].curvature, entry.curvature, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=0.0, msg=name)


@pytest.mark.parametrize("kind", ["full", "adapter"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_same_statistics_as_in_memory(tmp_path: Path, family: Family, tied: bool, kind: str):
    base = save_tiny(tmp_path / "base", family, tied=tied, dtype=torch.bfloat16, layers=3)
    make = save_donor if kind == "full" else save_adapter
    opened = open_checkpoint(base)
    donor = open_donor(str(make(tmp_path / "donor", base)), opened)
    read = reader(opened, donor)
    fractions, got = drain(collect_by_layer(LayeredModel(opened), read, padded()))
    assert got.missing == {}
    check(got, whole(opened, donor))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) == len(padded()) * (1 + 3 + 1)


@pytest.mark.parametrize(
    "config",
    [
        FalconConfig(
            vocab_size=96, hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
            alibi=True, bos_token_id=0, eos_token_id=1,
        ),
        Gemma3TextConfig(
            vocab_size=96, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, head_dim=8, sliding_window=4,
            layer_types=["sliding_attention", "full_attention"],
        ),
    ],
    ids=["layers that return tuples, alibi", "masks of two kinds"],
)  # fmt: skip
def test_other_ways_of_calling_layers(tmp_path: Path, config: FalconConfig | Gemma3TextConfig):
    save_model(AutoModelForCausalLM.from_config(config), tmp_path / "m")
    base = open_checkpoint(tmp_path / "m")
    _, got = drain(collect_by_layer(LayeredModel(base), reader(base), padded()))
    check(got, whole(base))


def held(layered: LayeredModel) -> list[int]:
    """Which layers have a parameter with weights."""
    return [
        i
        for i, layer in enumerate(layered.layers)
        if any(parameter.device.type != "meta" for parameter in layer.parameters())
    ]


@contextmanager
def watched(layered: LayeredModel) -> Iterator[set[tuple[int, ...]]]:
    """All that layers hold at a time, whenever a module has run."""
    seen: set[tuple[int, ...]] = set()
    handle = register_module_forward_hook(lambda *_: seen.add(tuple(held(layered))))
    try:
        yield seen
    finally:
        handle.remove()


@pytest.mark.parametrize("family", ["llama", "gpt2", "mixtral"])
def test_one_layer_holds_weights_at_a_time(tmp_path: Path, family: Family):
    base = open_checkpoint(save_tiny(tmp_path / "m", family, layers=4))
    layered = LayeredModel(base)
    pieces: list[tuple[str, tuple[int, ...]]] = []

    def read(name: str, rows: slice | None) -> Tensor:
        pieces.append((name, tuple(held(layered))))
        return base.read(name, rows)

    with watched(layered) as seen:
        drain(collect_by_layer(layered, read, padded()))
    assert seen == {(), (0,), (1,), (2,), (3,)}
    assert all(len(layers) <= 1 for _, layers in pieces)
    names = [name for name, _ in pieces]
    inside = [name for name in names if ".0." in name or ".3." in name]
    assert len(inside) == len(set(inside)), "a layer is read once, however many batches"
    assert not any(parameter.device.type != "meta" for parameter in layered.model.parameters())


def test_stopping_frees_all(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "m"))
    layered = LayeredModel(base)
    generator = collect_by_layer(layered, reader(base), padded())
    while not held(layered):
        next(generator)
    generator.close()
    assert held(layered) == []
    assert not any(module._forward_hooks for module in layered.model.modules())
    assert not any("forward" in vars(module) for module in layered.model.modules())
    assert drain(collect_by_layer(layered, reader(base), padded()))[1].missing == {}


def test_work_between_two_layers_is_refused(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "m"))
    layered = LayeredModel(base)
    layered.layers[1].register_forward_pre_hook(lambda _, args: (args[0] * 2.0, *args[1:]))
    with pytest.raises(ModelError, match="llama models can't be run layer by layer"):
        drain(collect_by_layer(layered, reader(base), padded()))


def test_damaged_weights_are_refused(tmp_path: Path):
    base = open_checkpoint(save_tiny(tmp_path / "m"))

    def read(name: str, rows: slice | None) -> Tensor:
        found = base.read(name, rows)
        return found * torch.nan if name == "model.layers.1.mlp.up_proj.weight" else found

    with pytest.raises(CalibrationError, match="not finite"):
        drain(collect_by_layer(LayeredModel(base), read, padded()))


def test_a_missing_parameter_is_refused(tmp_path: Path):
    model = tiny_model()
    del model.model.layers[1].mlp.up_proj.weight
    base = open_checkpoint(save_model(model, tmp_path / "m"))
    with pytest.raises(ModelError, match=r"lacks tensor 'model.layers.1.mlp.up_proj.weight'"):
        drain(collect_by_layer(LayeredModel(base), reader(base), padded()))


@pytest.mark.parametrize("same", [True, False])
def test_a_head_stored_beside_its_tied_embedding(tmp_path: Path, same: bool):
    model = tiny_model()
    if same:
        model.lm_head.weight = nn.Parameter(model.model.embed_tokens.weight.detach().clone())
    path = save_model(model, tmp_path / "m")
    config = path / "config.json"
    config.write_text(
        config.read_text().replace('"tie_word_embeddings": false', '"tie_word_embeddings": true')
    )
    base = open_checkpoint(path)
    assert "lm_head.weight" in base.tensors
    if same:
        _, got = drain(collect_by_layer(LayeredModel(base), reader(base), padded()))
        check(got, whole(base))
    else:
        with pytest.raises(ModelError, match="doesn't match"):
            LayeredModel(base)
