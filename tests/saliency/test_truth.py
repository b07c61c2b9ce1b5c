"""Every estimator against the exact diagonal of the Hessian of a tiny network in float64."""

import itertools

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from obim.registry import find
from obim.saliency.collecting import collect_for
from obim.saliency.diagonals import collect_hessian_diagonals
from obim.saliency.hutchinson import PROBES, probe
from obim.types import InputStats
from tests.saliency.test_activations import drain
from tests.saliency.truth import Truth, make_truth

PLENTY = 200


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_truth(tmp_path_factory.mktemp("truth") / "m", steps=60)


@pytest.fixture(scope="module")
def plenty(truth: Truth) -> InputStats:
    """Many probes on one batch."""
    return probes(truth, PLENTY)


def probes(truth: Truth, count: int) -> InputStats:
    return drain(
        collect_hessian_diagonals(truth.model, truth.bindings, truth.batches, 0, probes=count)
    )[1]


def measure(truth: Truth, name: str) -> InputStats:
    entry = find("estimator", name)
    return drain(collect_for(entry, truth.model, truth.bindings, truth.batches, 0))[1]


def saliency(truth: Truth, name: str, stats: InputStats | None) -> dict[str, Tensor]:
    """By the registered estimator, of a change of 1 everywhere: half the curvature."""
    estimator = find("estimator", name).function
    return {
        tensor: estimator(
            torch.ones(exact.shape), None if stats is None else stats.tensors[tensor], None
        )
        for tensor, exact in truth.exact.items()
    }


def rank_correlation(truth: Truth, found: dict[str, Tensor]) -> float:
    """Spearman's rho over all weights of the network at once."""
    ours = torch.cat([found[name].reshape(-1) for name in truth.exact])
    return float(
        spearmanr(ours, torch.cat([e.reshape(-1) for e in truth.exact.values()])).statistic
    )


def within(truth: Truth, found: dict[str, Tensor]) -> float:
    """The mean of Spearman's rho over the tensors of two axes."""
    rhos = [
        spearmanr(found[n].reshape(-1), e.reshape(-1)).statistic
        for n, e in truth.exact.items()
        if e.ndim == 2
    ]
    return float(sum(rhos) / len(rhos))


def test_the_rankings_near_a_minimum(truth: Truth, plenty: InputStats) -> None:
    """Over the whole network: comparable between layers; magnitude knows nothing here."""
    found = {
        name: saliency(truth, name, measure(truth, name))
        for name in ("layerwise", "kfac", "fisher", "hutchinson")
    }
    overall = {name: rank_correlation(truth, s) for name, s in found.items()}
    assert overall["kfac"] > 0.6
    assert overall["fisher"] > 0.6
    assert rank_correlation(truth, saliency(truth, "hutchinson", plenty)) > 0.9
    assert overall["hutchinson"] > 0.3  # few probes on one batch
    assert within(truth, found["layerwise"]) > 0.3
    assert within(truth, found["kfac"]) > within(truth, found["layerwise"]) + 0.1
    lots = {n: torch.rand(e.shape, generator=torch.Generator().manual_seed(1))
            for n, e in truth.exact.items()}  # fmt: skip
    assert abs(rank_correlation(truth, lots)) < 0.1


def test_more_probes_come_closer(truth: Truth, plenty: InputStats) -> None:
    def error(stats: InputStats) -> float:
        squares = [
            (stats.tensors[n].curvature[0].double() - e.clamp(min=0)).square().sum()
            for n, e in truth.exact.items()
        ]
        return float(torch.stack(squares).sum())

    few = probes(truth, 4)
    assert error(plenty) < error(few) * 4 / PLENTY * 3
    assert few.figures["probes"] == 4
    assert measure(truth, "hutchinson").figures["probes"] == PROBES


def test_hutchinson_is_off_by_what_theory_says(truth: Truth, plenty: InputStats) -> None:
    """Where 0 is far away: mean error 0, and the variance that random signs have."""
    batches = 1  # all texts fit into one pass
    scores = []
    for name, exact in truth.exact.items():
        deviation = truth.spread[name] / (PLENTY * batches) ** 0.5
        sure = (exact > 4 * deviation) & (deviation > 0)
        estimate = plenty.tensors[name].curvature[0].double()
        scores.append(((estimate - exact) / deviation)[sure])
    z = torch.cat(scores)
    assert len(z) > 300
    assert float(z.square().mean()) == pytest.approx(1.0, abs=0.35)
    assert abs(float(z.mean())) < 0.25


def test_the_share_that_was_clamped_is_what_was_negative(truth: Truth) -> None:
    stats = probes(truth, 2)
    zeros = sum(int((s.curvature[0] == 0).sum()) for s in stats.tensors.values())
    entries = sum(s.curvature[0].numel() for s in stats.tensors.values())
    untouched = sum(int((e == 0).sum()) for e in truth.exact.values())
    assert stats.figures["clamped"] == pytest.approx((zeros - untouched) / entries, abs=1e-3)
    assert 0.05 < stats.figures["clamped"] < 0.6


def test_probes_average_to_the_diagonal_over_all_signs() -> None:
    """Unbiased: the mean over all 2^6 sign vectors is the diagonal, to the last digit."""
    generator = torch.Generator().manual_seed(2)
    first = torch.randn(2, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    second = torch.randn(2, generator=generator, dtype=torch.float64, requires_grad=True)

    def loss(w: Tensor, b: Tensor) -> Tensor:
        return (torch.tanh(w @ b).exp().sum() + (w.sum() * b[0]).sin()).square()

    gradients = torch.autograd.grad(loss(first, second), (first, second), create_graph=True)
    total = [torch.zeros(2, 2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)]
    for signs in itertools.product((-1.0, 1.0), repeat=6):
        v = torch.tensor(signs, dtype=torch.float64)
        parts = probe(gradients, (first, second), (v[:4].reshape(2, 2), v[4:]))
        total = [t + part / 64 for t, part in zip(total, parts, strict=True)]
    whole = torch.autograd.functional.hessian(loss, (first.detach(), second.detach()))
    torch.testing.assert_close(total[0].reshape(-1), whole[0][0].reshape(4, 4).diagonal())
    torch.testing.assert_close(total[1], whole[1][1].diagonal())
