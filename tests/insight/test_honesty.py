"""Predicted against measured: weights changed by hand, pairs counted by hand."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from obim.errors import CalibrationError
from obim.insight.agreement import Agreement, Removal, agree, interval, together
from obim.insight.honesty import Honesty, Subject, predict_and_measure
from obim.models.binding import Binding, bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.registry import find
from obim.saliency.collecting import collect_for
from obim.saliency.diagonals import collect_hessian_diagonals
from tests.saliency.test_activations import drain, padded
from tests.saliency.truth import make_truth, mean_loss
from tests.tiny import save_donor, save_tiny

DOWN = "model.layers.0.mlp.down_proj.weight"
HEAD = "lm_head.weight"
NORM = "model.norm.weight"


@pytest.fixture
def donor(tmp_path: Path) -> tuple[Any, dict[str, Binding], dict[str, Tensor], Path]:
    base = save_tiny(tmp_path / "base", layers=1)
    path = save_donor(tmp_path / "donor", base, seed=3, share=0.7)
    model = load_model(path, torch.float32)
    bindings = bind(model, open_checkpoint(path))
    stored = open_checkpoint(base)
    deltas = {n: b.view - stored.read(n) for n, b in bindings.items()}
    return model, bindings, deltas, base


def measure(donor: Any, groups: dict[str, list[str]], bands: int, name: str = "kfac") -> Honesty:
    model, bindings, deltas, _ = donor
    entry = find("estimator", name)
    stats = drain(collect_for(entry, model, bindings, padded(), 0))[1]
    fractions, honesty = drain(
        predict_and_measure(
            Subject(
                model, bindings, deltas.get, lambda n, d: entry.function(d, stats.tensors[n], None)
            ),
            padded(), groups, bands,
        )
    )  # fmt: skip
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    return honesty


def test_bands_are_what_they_are_by_hand(donor: Any) -> None:
    model, bindings, deltas, base = donor
    before = {n: b.view.clone() for n, b in bindings.items()}
    honesty = measure(donor, {"one": [DOWN], "two": [NORM, HEAD]}, 4)
    assert all(torch.equal(b.view, before[n]) for n, b in bindings.items())
    assert honesty.loss == pytest.approx(float(mean_loss(model, padded())), rel=1e-5)
    stats = drain(collect_for(find("estimator", "kfac"), model, bindings, padded(), 0))[1]
    stored = open_checkpoint(base)
    for group, names in zip(honesty.groups, ([DOWN], [NORM, HEAD]), strict=True):
        d = np.concatenate([deltas[n].numpy().ravel() for n in names]).astype(np.float64)
        h = [stats.tensors[n].diagonal().expand(deltas[n].shape) for n in names]
        s = 0.5 * d**2 * np.concatenate([x.numpy().ravel() for x in h])
        changed = np.flatnonzero(d)
        ranked = changed[np.argsort(s[changed], kind="stable")]
        for band, part in zip(group.bands, np.array_split(ranked, 4), strict=True):
            assert band.entries == len(part)
            assert band.predicted == pytest.approx(s[part].sum(), rel=1e-4)
            start = 0
            for name in names:
                size = deltas[name].numel()
                mine = part[(part >= start) & (part < start + size)] - start
                flat = bindings[name].view.view(-1)
                flat[mine] = stored.read(name).view(-1)[mine]
                start += size
            with torch.no_grad():
                after = float(mean_loss(model, padded()))
            for name in names:
                bindings[name].view.copy_(before[name])
            assert band.measured == pytest.approx(after - honesty.loss, abs=2e-6)
        assert group.whole.entries == len(changed)
        assert group.whole.predicted == pytest.approx(s.sum(), rel=1e-4)
    assert honesty.agreement.count == 8


def test_a_whole_taken_out_is_the_base_there(donor: Any) -> None:
    model, bindings, _, base = donor
    honesty = measure(donor, {"all": list(bindings)}, 3)
    other = load_model(base, torch.float32)
    with torch.no_grad():
        wanted = float(mean_loss(other, padded())) - float(mean_loss(model, padded()))
    assert honesty.groups[0].whole.measured == pytest.approx(wanted, abs=1e-5)


def test_agreement_counts_pairs() -> None:
    random = np.random.default_rng(1)
    predicted, noise = random.normal(size=12), random.normal(size=12)
    removals = [Removal(1, p, p + n) for p, n in zip(predicted, noise, strict=True)]
    found = agree(removals)
    pairs = list(itertools.combinations(removals, 2))
    right = sum((a.predicted < b.predicted) == (a.measured < b.measured) for a, b in pairs)
    assert found.right == pytest.approx(right / len(pairs))
    assert found.kendall == pytest.approx(2 * right / len(pairs) - 1)
    ranks = [np.argsort(np.argsort(x)) for x in (predicted, predicted + noise)]
    assert found.spearman == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert agree(removals[:1]).right is None
    assert agree([Removal(1, 0.0, 1.0), Removal(1, 0.0, 2.0)]).spearman is None


def test_within_groups_only_pairs_of_a_group_count() -> None:
    """Two groups on scales of their own: each ranked rightly but for one pair of ten."""
    orders = ([1, 2, 3, 5, 4], [2, 1, 3, 4, 5])
    groups = [
        agree([Removal(1, float(p), scale * m) for p, m in enumerate(order)])
        for order, scale in zip(orders, (1e-3, 1e3), strict=True)
    ]
    found = together([*groups, agree([Removal(1, 0.0, 1.0)])])
    assert found.right == pytest.approx(0.9)
    assert found.count == 10
    assert found.spearman == pytest.approx(np.mean([g.spearman for g in groups]))
    assert together([]).right is None
    assert together([Agreement(3, None, None, None)]).count == 3


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_interval_covers_the_truth(rho: float) -> None:
    """Of draws with a known tau at least 95 % of intervals hold it: tau = 2/pi asin(rho)."""
    random, tau = np.random.default_rng(2), 2 / np.pi * np.arcsin(rho)
    held = 0
    for _ in range(400):
        x = random.normal(size=10)
        y = rho * x + np.sqrt(1 - rho**2) * random.normal(size=10)
        kendall = agree([Removal(1, a, b) for a, b in zip(x, y, strict=True)]).kendall
        assert kendall is not None
        low, high = interval(kendall, 10)
        assert -1 <= low <= kendall <= high <= 1
        held += low <= tau <= high
    assert held >= 0.95 * 400


def test_a_perfect_ranking_of_a_few_proves_only_so_much() -> None:
    (few, _), (many, _) = interval(1.0, 10), interval(1.0, 300)
    assert few < 0.2
    assert 0.9 < many < 1
    low, high = interval(0.6, 40)
    z2 = 1.959964**2
    for end in (low, high):  # the ends solve (t - tau)^2 = 2 z^2 (1 - t^2) / n
        assert (end - 0.6) ** 2 == pytest.approx(2 * z2 * (1 - end**2) / 40)


def test_a_loss_that_is_known_is_not_measured_again(donor: Any) -> None:
    model, bindings, deltas, _ = donor

    def run(**more: Any) -> Honesty:
        subject = Subject(model, bindings, deltas.get, lambda n, d: d.square())
        return drain(predict_and_measure(subject, padded(), {"": [DOWN]}, 2, **more))[1]

    measured, told = run(), run(before=1.0)
    assert told.loss == 1.0
    for a, b in zip(measured.groups[0].bands, told.groups[0].bands, strict=True):
        assert b.measured == pytest.approx(a.measured + measured.loss - 1.0)


def test_near_a_minimum_the_true_curvature_is_honest_and_a_lottery_is_not(tmp_path: Path) -> None:
    """For a small change at a minimum, dL = 1/2 d'Hd: bands of H's diagonal tell it."""
    truth = make_truth(tmp_path / "m", steps=300)
    generator = torch.Generator().manual_seed(5)
    names = [n for n, e in truth.exact.items() if e.ndim == 2]
    deltas = {n: 3e-3 * torch.randn(truth.exact[n].shape, generator=generator) for n in names}
    stats = drain(
        collect_hessian_diagonals(truth.model, truth.bindings, truth.batches, 0, probes=100)
    )[1]

    def run(saliency: Any, groups: dict[str, list[str]]) -> Honesty:
        return drain(
            predict_and_measure(
                Subject(truth.model, truth.bindings, deltas.get, saliency), truth.batches, groups
            )
        )[1]  # fmt: skip

    hutchinson = find("estimator", "hutchinson").function
    honest = run(lambda n, d: hutchinson(d, stats.tensors[n], None), {"all": names})
    assert honest.agreement.right is not None
    assert honest.agreement.right > 0.85
    top = honest.groups[0].bands[-1]
    exact = sum(float((0.5 * deltas[n].double() ** 2 * truth.exact[n]).sum()) for n in names)
    assert honest.groups[0].whole.predicted == pytest.approx(exact, rel=0.3)
    assert top.measured == max(b.measured for b in honest.groups[0].bands)
    lots = run(lambda n, d: torch.rand(d.shape, generator=generator), {n: [n] for n in names})
    assert lots.agreement.right is not None
    assert abs(lots.agreement.right - 0.5) < 0.2


def test_what_is_not_changed_is_left_out_or_refused(donor: Any) -> None:
    deltas = donor[2]
    deltas[DOWN] = torch.zeros_like(deltas[DOWN])
    honesty = measure(donor, {"none": [DOWN], "norm": [NORM]}, 3)
    assert [g.group for g in honesty.groups] == ["norm"]
    with pytest.raises(CalibrationError, match="changes none"):
        measure(donor, {"none": [DOWN]}, 3)


def test_stopping_restores_the_weights(donor: Any) -> None:
    model, bindings, deltas, _ = donor
    before = bindings[DOWN].view.clone()
    generator = predict_and_measure(
        Subject(model, bindings, deltas.get, lambda n, d: d.square()), padded(), {"": [DOWN]}
    )
    next(generator)
    generator.close()
    assert torch.equal(bindings[DOWN].view, before)
