"""Statistics of backward passes against formulas of their own: per text, unpadded, all families."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from obim.errors import CalibrationError
from obim.models.binding import Binding, bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.registry import find
from obim.saliency import losses
from obim.saliency.calibration import Batch
from obim.saliency.collecting import collect_for
from obim.types import InputStats
from tests.saliency.test_activations import drain, padded
from tests.tiny import FAMILIES, TEXTS, Family, save_tiny, tiny_tokenizer

NAMES = ("kfac", "fisher", "hutchinson")
CLOSE = {"rtol": 2e-3, "atol": 1e-7}


def opened(path: Path, family: Family = "llama", **how: Any) -> tuple[Any, dict[str, Binding]]:
    save_tiny(path, family, **how)
    model = load_model(path, torch.float32)
    return model, bind(model, open_checkpoint(path))


def measure(
    name: str, model: Any, bindings: dict[str, Binding], batches: list[Batch], seed: int = 0
) -> InputStats:
    fractions, stats = drain(collect_for(find("estimator", name), model, bindings, batches, seed))
    assert fractions[-1] == pytest.approx(1.0)
    assert fractions == sorted(fractions)
    return stats


def alone(batches: list[Batch]) -> Iterator[Tensor]:
    for ids, mask, *_ in batches:
        for row, keep in zip(ids, mask, strict=True):
            yield row[keep.bool()][None]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_every_tensor_of_every_family_is_measured(
    tmp_path: Path, name: str, family: Family, tied: bool
) -> None:
    model, bindings = opened(tmp_path / "m", family, tied=tied)
    before = model.config._attn_implementation, model.config._experts_implementation
    stats = measure(name, model, bindings, padded())
    assert stats.missing == {}
    assert set(stats.tensors) == set(bindings)
    assert (stats.texts, stats.tokens) == (len(TEXTS), sum(int(b.mask.sum()) for b in padded()))
    for tensor, entry in stats.tensors.items():
        diagonal = entry.diagonal()
        shape = bindings[tensor].view.shape
        assert torch.broadcast_shapes(diagonal.shape, shape) == shape
        assert diagonal.dtype == torch.float32
        assert bool((diagonal >= 0).all())
        assert bool((diagonal > 0).any())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    after = model.config._attn_implementation, model.config._experts_implementation
    assert after == before


def file_gradients(model: Any, bindings: dict[str, Binding], ids: Tensor) -> dict[str, Tensor]:
    """d(mean token loss by transformers' own labels)/dW, cut as the files cut it."""
    model.requires_grad_(True).zero_grad()
    model(input_ids=ids, labels=ids).loss.backward()
    live = dict(model.named_parameters(remove_duplicate=False))
    found = {}
    for name, binding in bindings.items():
        gradient = live[binding.address.parameter].grad
        if binding.address.expert is not None:
            gradient = gradient[binding.address.expert]
        if binding.address.part is not None:
            gradient = gradient.chunk(binding.address.parts, 0)[binding.address.part]
        found[name] = gradient.clone()
    model.requires_grad_(False).zero_grad()
    return found


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_fisher_is_the_mean_of_squared_gradients_a_text(
    tmp_path: Path, family: Family, tied: bool
) -> None:
    model, bindings = opened(tmp_path / "m", family, tied=tied)
    stats = measure("fisher", model, bindings, padded())
    texts = [file_gradients(model, bindings, ids) for ids in alone(padded())]
    assert len(texts) == len(TEXTS)
    for name, entry in stats.tensors.items():
        (term,) = entry.curvature
        wanted = torch.stack([one[name].double().square() for one in texts]).mean(0).float()
        torch.testing.assert_close(term, wanted, rtol=2e-3, atol=1e-9)


def answered() -> list[Batch]:
    """The texts of `padded`, of which only what comes after the fourth token counts."""
    return [
        Batch(ids, mask, texts, torch.where(torch.arange(ids.shape[1]) >= 4, mask, 0))
        for ids, mask, texts, _ in padded()
    ]


def test_only_answers_count_in_the_loss(tmp_path: Path) -> None:
    """Against transformers' labels, -100 on what is asked; inputs of all tokens count for kfac."""
    model, bindings = opened(tmp_path / "m", "llama")
    fisher = measure("fisher", model, bindings, answered())
    kfac = measure("kfac", model, bindings, answered())
    model.requires_grad_(True)
    down, seen = model.model.layers[1].mlp.down_proj, []

    def note(module: Any, args: Any, output: Tensor) -> None:
        output.retain_grad()
        seen.append((args[0].detach()[0], output))

    handle = down.register_forward_hook(note)
    squares = torch.zeros(down.weight.shape, dtype=torch.float64)
    values = []
    for ids in alone(padded()):
        labels = torch.where(torch.arange(ids.shape[1]) >= 4, ids, -100)
        model.zero_grad()
        loss = model(input_ids=ids, labels=labels).loss
        (loss * (ids.shape[1] - 4)).backward()
        values.append(float(loss.detach()) * (ids.shape[1] - 4))
        squares += (down.weight.grad.double() / (ids.shape[1] - 4)).square() / len(TEXTS)
    handle.remove()
    name = "model.layers.1.mlp.down_proj.weight"
    torch.testing.assert_close(fisher.tensors[name].diagonal(), squares.float(), **CLOSE)
    x, g = torch.cat([x for x, _ in seen]), torch.cat([y.grad[0] for _, y in seen])
    wanted = g.square().mean(0)[:, None] * x.square().mean(0)[None]
    torch.testing.assert_close(kfac.tensors[name].diagonal(), wanted, **CLOSE)
    targets = kfac.tokens - 4 * len(TEXTS)
    assert losses.mean_loss(model, answered()) == pytest.approx(sum(values) / targets, rel=1e-5)


class Recorder:
    """Inputs and outputs of every linear map, with the outputs' gradients kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[Tensor, Tensor, Tensor]] = []
        self._linear = nn.functional.linear
        monkeypatch.setattr(nn.functional, "linear", self)

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        y = self._linear(x, weight, bias)
        if y.requires_grad:
            y.retain_grad()
            self.calls.append((x.detach(), weight.detach(), y))
        return y

    def products(self, view: Tensor) -> tuple[Tensor, Tensor, int]:
        """Sums of x^2 and g^2 over all uses of a weight that holds ``view``; how often used."""
        x2, g2, used = torch.zeros(1), torch.zeros(1), 0
        start = view.storage_offset()
        for x, weight, y in self.calls:
            same = weight.untyped_storage().data_ptr() == view.untyped_storage().data_ptr()
            first = weight.storage_offset()
            if same and first <= start < first + weight.numel():
                row = (start - first) // view.shape[1]
                g = y.grad.reshape(-1, y.shape[-1]).double()[:, row : row + view.shape[0]]
                x2 = x2 + x.reshape(-1, x.shape[-1]).double().square().sum(0)
                g2 = g2 + g.square().sum(0)
                used += len(g)
        return x2, g2, used


@pytest.mark.parametrize("family", ["llama", "qwen2", "mixtral", "qwen3_moe"])
def test_kfac_of_linear_maps_is_the_product_of_both_means(
    tmp_path: Path, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, bindings = opened(tmp_path / "m", family)
    stats = measure("kfac", model, bindings, padded())
    recorder = Recorder(monkeypatch)
    model.set_experts_implementation("eager")
    model.requires_grad_(True)
    for ids in alone(padded()):
        loss = model(input_ids=ids, labels=ids).loss
        (loss * (ids.shape[1] - 1)).backward()
    seen = 0
    for name, binding in bindings.items():
        if binding.kind in ("linear", "expert"):
            x2, g2, used = recorder.products(binding.view)
            wanted = (g2 / used)[:, None] * (x2 / stats.tokens)[None, :]
            got = stats.tensors[name].diagonal()
            torch.testing.assert_close(got, wanted.float(), **CLOSE)
            seen += binding.kind == "expert"
    assert seen == (24 if family in ("mixtral", "qwen3_moe") else 0)


def test_kfac_of_the_other_kinds(tmp_path: Path) -> None:
    """Conv1D, its bias, norms and their biases, positions, and an embedding tied to the head."""
    model, bindings = opened(tmp_path / "m", "gpt2", tied=True)
    stats = measure("kfac", model, bindings, padded())
    model.requires_grad_(True)
    kept: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for name in ("wte", "wpe", "h.1.ln_2", "h.1.mlp.c_fc"):

        def note(module: Any, args: Any, output: Tensor, name: str = name) -> None:
            output.retain_grad()
            kept.setdefault(name, []).append((args[0].detach(), output))

        model.get_submodule(f"transformer.{name}").register_forward_hook(note)
    outputs = []
    for ids in alone(padded()):
        output = model(input_ids=ids, labels=ids, output_hidden_states=True)
        output.logits.retain_grad()
        (output.loss * (ids.shape[1] - 1)).backward()
        outputs.append(output)
    n = stats.tokens

    def mean(values: list[Tensor]) -> Tensor:
        return torch.cat([v.reshape(-1, v.shape[-1]) for v in values]).double().square().sum(0) / n

    def check(name: str, wanted: Tensor) -> None:
        got = stats.tensors[f"transformer.{name}"].diagonal()
        torch.testing.assert_close(got, wanted.float(), **CLOSE)

    gain = {name: mean([y.grad for _, y in calls]) for name, calls in kept.items()}
    check("h.1.mlp.c_fc.weight", mean([x for x, _ in kept["h.1.mlp.c_fc"]])[:, None]
          * gain["h.1.mlp.c_fc"][None])  # fmt: skip
    check("h.1.mlp.c_fc.bias", gain["h.1.mlp.c_fc"])
    normal = [nn.functional.layer_norm(x, (16,), eps=1e-5) for x, _ in kept["h.1.ln_2"]]
    check("h.1.ln_2.weight", mean(normal) * gain["h.1.ln_2"])
    check("h.1.ln_2.bias", gain["h.1.ln_2"])
    places = torch.zeros(256)
    for ids in alone(padded()):
        places[: ids.shape[1]] += 1
    check("wpe.weight", (places / n)[:, None] * gain["wpe"][None])
    counts = torch.cat([ids[0] for ids in alone(padded())]).bincount(minlength=96)
    tied = (counts / n)[:, None] * gain["wte"][None]
    tied = tied + mean([o.logits.grad for o in outputs])[:, None] * mean(
        [o.hidden_states[-1].detach() for o in outputs]
    )
    check("wte.weight", tied)


def test_kfac_of_a_norm_of_heads_counts_every_head(tmp_path: Path) -> None:
    model, bindings = opened(tmp_path / "m", "qwen3")
    stats = measure("kfac", model, bindings, padded())
    model.requires_grad_(True)
    norm, seen = model.model.layers[0].self_attn.q_norm, []

    def note(module: Any, args: Any, output: Tensor) -> None:
        output.retain_grad()
        seen.append((args[0].detach(), output))

    norm.register_forward_hook(note)
    for ids in alone(padded()):
        (model(input_ids=ids, labels=ids).loss * (ids.shape[1] - 1)).backward()
    x = torch.cat([one.reshape(-1, 8) for one, _ in seen])
    g = torch.cat([y.grad.reshape(-1, 8) for _, y in seen])
    assert len(x) == 4 * stats.tokens
    x_hat = x / (x.square().mean(-1, keepdim=True) + norm.variance_epsilon).sqrt()
    wanted = g.square().mean(0) * x_hat.square().sum(0) / stats.tokens
    got = stats.tensors["model.layers.0.self_attn.q_norm.weight"].diagonal()
    torch.testing.assert_close(got, wanted, **CLOSE)


@pytest.mark.parametrize("name", NAMES[:2])
def test_padding_and_the_cut_into_passes_do_not_count(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, bindings = opened(tmp_path / "m", "gpt2")
    together = measure(name, model, bindings, padded())
    other = [Batch(ids, torch.ones_like(ids), 1) for ids in alone(padded(pad=7))]
    single = measure(name, model, bindings, other)
    monkeypatch.setattr(losses, "POSITIONS", 60)
    cut = measure(name, model, bindings, padded(pad=9))
    for again in (single, cut):
        for tensor, entry in together.tensors.items():
            torch.testing.assert_close(
                again.tensors[tensor].diagonal(), entry.diagonal(), rtol=2e-3, atol=1e-8
            )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_again_and_the_seed(tmp_path: Path, name: str) -> None:
    model, bindings = opened(tmp_path / "m")
    first, second = (measure(name, model, bindings, padded(), seed=3) for _ in range(2))
    third = measure(name, model, bindings, padded(), seed=4)

    def same(a: InputStats, b: InputStats) -> bool:
        return all(torch.equal(e.diagonal(), b.tensors[n].diagonal()) for n, e in a.tensors.items())

    assert same(first, second)
    assert same(first, third) is (name != "hutchinson")


@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_measuring_leaves_the_model_as_it_was(tmp_path: Path, name: str) -> None:
    model, bindings = opened(tmp_path / "m", "qwen3_moe")
    before = {n: p.clone() for n, p in model.named_parameters()}
    generator = collect_for(find("estimator", name), model, bindings, padded(), 0)
    next(generator)
    generator.close()
    assert not any(module._forward_hooks for module in model.modules())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())
    assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", NAMES)
def test_bad_donors_and_texts_are_refused(tmp_path: Path, name: str) -> None:
    model, bindings = opened(tmp_path / "m")
    one = torch.tensor([[5], [6]])
    with pytest.raises(CalibrationError, match="no token to be predicted"):
        measure(name, model, bindings, [Batch(one, torch.ones_like(one), 2)])
    model.model.layers[0].mlp.down_proj.weight[3, 2] = torch.nan
    with pytest.raises(CalibrationError, match="not finite"):
        measure(name, model, bindings, padded())


def test_a_row_never_seen_ranks_last(tmp_path: Path) -> None:
    model, bindings = opened(tmp_path / "m", "llama", tied=False)
    seen = set(torch.cat([ids[0] for ids in alone(padded())]).tolist())
    unseen = next(i for i in range(len(tiny_tokenizer())) if i not in seen)
    for name in NAMES:
        entry = measure(name, model, bindings, padded()).tensors["model.embed_tokens.weight"]
        assert entry.lexicographic
        assert not bool(entry.diagonal()[unseen].any())
