"""How many texts are enough: pooled statistics and top-density sets against brute force."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from obim.insight.converging import collect_each, pool, trace, weighs
from obim.insight.enough import Size, enough
from obim.models.binding import bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.registry import find
from obim.saliency.calibration import Batch
from obim.saliency.collecting import collect_for
from obim.saliency.losses import count_targets, one_by_one
from obim.types import InputStats, TensorStats
from tests.saliency.test_activations import drain, padded
from tests.saliency.test_backward import alone
from tests.saliency.truth import make_truth
from tests.tiny import save_tiny

NAMES = (
    "model.embed_tokens.weight",
    "model.layers.0.self_attn.q_proj.weight",
    "model.layers.0.mlp.down_proj.weight",
    "model.norm.weight",
)


@pytest.mark.parametrize("name", ["layerwise", "kfac", "fisher"])
def test_each_text_pooled_is_all_measured_together(tmp_path: Path, name: str) -> None:
    path = save_tiny(tmp_path / "m", layers=1)
    model, entry = load_model(path, torch.float32), find("estimator", name)
    bindings = bind(model, open_checkpoint(path))
    fractions, samples = drain(collect_each(entry, model, bindings, padded(), names=NAMES, seed=0))
    assert fractions[-1] == 1.0
    assert [set(s.tensors) for s in samples] == [set(NAMES)] * 5
    counts = np.array([1, 0, 2, 1, 0])
    rows = list(alone(padded()))
    twice = [Batch(rows[i], torch.ones_like(rows[i]), 1) for i in (0, 2, 2, 3)]
    together = drain(collect_for(entry, model, bindings, twice, 0))[1]
    by = "texts" if name == "fisher" else "tokens"
    for tensor in NAMES:
        torch.testing.assert_close(
            pool(samples, tensor, counts, by).diagonal(), together.tensors[tensor].diagonal(),
            rtol=2e-3, atol=1e-9,
        )  # fmt: skip


def uneven(batches: list[Batch]) -> list[Batch]:
    """The same rows, of whose tokens the first ones don't count: of each row another share."""
    found = []
    for number, (ids, mask, *_) in enumerate(batches):
        answers = mask.clone()
        for row in range(len(ids)):
            answers[row, : int(mask[row].sum()) * (1 + row + number) // 6] = 0
        found.append(Batch(ids, mask, len(ids), answers))
    return found


def test_hutchinsons_estimates_are_pooled_by_what_counts_and_clamped_last(tmp_path: Path) -> None:
    """The mean over texts of unclamped ``v * Hv`` is that of their joint loss; then it is clamped.

    By brute force: H of the joint mean loss, with the probes of each text's own estimate.
    """
    path = save_tiny(tmp_path / "m", layers=1)
    model, entry = load_model(path, torch.float32), find("estimator", "hutchinson")
    bindings = bind(model, open_checkpoint(path))
    batches = uneven(padded())
    samples = drain(collect_each(entry, model, bindings, batches, names=NAMES, seed=0))[1]
    rows = one_by_one(batches)
    weights = np.array([count_targets([row]) for row in rows])
    assert [s.figures["counted"] for s in samples] == weights.tolist()
    assert len({s.tokens / w for s, w in zip(samples, weights, strict=True)}) > 1
    for name in NAMES:
        each = np.stack([s.tensors[name].diagonal().numpy() for s in samples])
        assert (each < 0).any()
        joint = np.einsum("i,i...->...", weights / weights.sum(), each)
        pooled = pool(samples, name, np.ones(5, np.int64), "counted").diagonal().numpy()
        np.testing.assert_allclose(pooled, np.maximum(joint, 0), rtol=1e-4, atol=1e-9)
        early = np.einsum("i,i...->...", weights / weights.sum(), np.maximum(each, 0))
        assert early.sum() > 1.05 * pooled.sum()
    assert weighs(entry) == "counted"


def test_pooled_probes_tend_to_the_exact_diagonal(tmp_path: Path) -> None:
    """Against the Hessian itself: clamped before pooling the sum would come out too large."""
    truth = make_truth(tmp_path / "m", steps=60)
    entry = find("estimator", "hutchinson")
    names = [n for n, e in truth.exact.items() if e.ndim == 2 and "embed" not in n]
    samples: list[InputStats] = []
    for seed in range(4):  # several draws of the same five texts
        samples += drain(
            collect_each(
                entry, truth.model, truth.bindings, truth.batches, names=names, seed=100 * seed
            )
        )[1]
    ones = np.ones(len(samples), np.int64)
    found = {n: pool(samples, n, ones, "counted").diagonal().double() for n in names}
    counted = [s.figures["counted"] for s in samples]
    for name in names:
        raw = sum(w * s.tensors[name].diagonal().double()
                  for w, s in zip(counted, samples, strict=True)) / sum(counted)  # fmt: skip
        # a mean over n probes lies within a few standard errors, all entries together
        error = (raw - truth.exact[name]).sum().abs()
        assert error < 5 * float(truth.spread[name].norm()) / np.sqrt(4 * 4)
    total = sum(float(f.sum()) for f in found.values())
    early = sum(
        float(sum(w * s.tensors[n].diagonal().clamp(min=0).double()
                  for w, s in zip(counted, samples, strict=True)).sum()) / sum(counted)
        for n in names
    )  # fmt: skip
    exact = sum(float(truth.exact[n].clamp(min=0).sum()) for n in names)
    assert abs(total - exact) < abs(early - exact)
    assert early > total


def made_up(texts: int, spread: float) -> list[InputStats]:
    """Curvatures of a linear map of 40 inputs, the same for all texts but for noise."""
    random = np.random.default_rng(7)
    usual = np.exp(random.normal(size=40))
    return [
        InputStats(
            {"w": TensorStats((torch.tensor(usual * np.exp(spread * random.normal(size=40)))
                               .float()[None],))},
            tokens=int(random.integers(5, 50)), texts=1,
        )
        for _ in range(texts)
    ]  # fmt: skip


def run(samples: list[InputStats], sizes: list[int], **more: Any) -> list[Size]:
    deltas = {"w": torch.randn(30, 40, generator=torch.Generator().manual_seed(1))}
    settings: dict[str, Any] = {"density": 0.1, "seed": 3, "draws": 30} | more
    fractions, curve = drain(
        trace(find("estimator", "layerwise"), samples, deltas, sizes=sizes, **settings)
    )
    assert fractions[-1] == pytest.approx(1.0)
    assert fractions == sorted(fractions)
    return curve


def test_more_texts_change_less_and_alike_texts_nothing() -> None:
    sizes = [2, 8, 32, 128]
    noisy = run(made_up(60, 1.0), sizes)
    assert [s.texts for s in noisy] == sizes
    assert all(a.change > b.change for a, b in itertools.pairwise(noisy))
    assert all(0 <= s.low <= s.change <= s.high <= 1 for s in noisy)
    # an error of a mean over n texts falls as 1/sqrt(n): 64 times the texts, about an eighth
    assert 4 < noisy[0].change / noisy[-1].change < 14
    assert [s.change for s in run(made_up(60, 0.0), sizes)] == pytest.approx([0, 0, 0, 0], abs=1e-3)
    assert run(made_up(60, 1.0), sizes) == noisy
    assert run(made_up(60, 1.0), sizes, seed=4) != noisy


def test_the_change_is_that_of_sets_by_hand() -> None:
    samples = made_up(9, 1.0)
    delta = torch.randn(30, 40, generator=torch.Generator().manual_seed(1)).numpy()
    random = np.random.default_rng(3)
    terms = np.stack([s.tensors["w"].curvature[0][0].numpy() for s in samples])
    tokens = np.array([s.tokens for s in samples])
    changes = []
    for _ in range(4):
        sets = []
        for _ in range(2):
            drawn = random.integers(9, size=5)
            h = (terms[drawn] * tokens[drawn, None]).sum(0) / tokens[drawn].sum()
            order = np.argsort(-(0.5 * delta**2 * h).ravel())
            sets.append(set(order[:120].tolist()))
        changes.append(1 - len(sets[0] & sets[1]) / 120)
    (size,) = run(samples, [5], draws=4)
    assert size.change == pytest.approx(np.mean(changes), abs=1e-6)
    assert (size.low, size.high) == pytest.approx(np.percentile(changes, (5, 95)), abs=1e-6)


def test_enough_is_where_it_stays_below() -> None:
    curve = [Size(n, c, 0, 1) for n, c in ((4, 0.3), (8, 0.04), (16, 0.06), (32, 0.04), (64, 0.01))]
    assert enough(curve, 0.05) == 32
    assert enough(curve, 0.5) == 4
    assert enough(curve, 0.01) is None


def test_a_row_never_seen_is_in_no_set() -> None:
    """Positions without curvature don't fill a set up: it depends on whether a text has the row."""
    seen = TensorStats((torch.tensor([[1.0], [2.0]]),))
    unseen = TensorStats((torch.tensor([[1.0], [0.0]]),))
    samples = [InputStats({"w": entry}, 3, 1) for entry in (seen, unseen, unseen)]
    deltas = {"w": torch.ones(2, 3), "absent": torch.ones(2)}
    entry = find("estimator", "layerwise")
    curve = drain(trace(entry, samples, deltas, density=1.0, sizes=[1, 90], seed=0))[1]
    assert curve[0].change > 0.05
    assert curve[1].change == 0.0
