"""Baselines against mergekit in float32, called in memory; trim_average against its formula."""

from typing import Any

import pytest
import torch
from mergekit.merge_methods.api import merge_state_dicts, merge_tensors
from torch import Tensor

from obim.merging.engine import stream_merge
from obim.merging.ties import trim
from obim.registry import find, names
from tests.merging.fakes import FakeBase, FakeDonor, make_spec

CASES: list[tuple[list[float], list[float]]] = [
    ([0.2, 0.5, 1.0], [1.0, 1.0, 1.0]),
    ([0.333, 0.7, 0.0], [0.4, 1.5, 0.9]),
    ([0.05, 0.05, 0.05], [1.2, -0.5, 1.0]),
]


def inputs(seed: int) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Base, donors, deltas exactly as mergekit forms them."""
    g = torch.Generator().manual_seed(seed)
    base = torch.randn(40, 31, generator=g)
    tuned = [base + 0.05 * torch.randn(40, 31, generator=g) for _ in range(3)]
    return base, tuned, [t - base for t in tuned]


def ours(method: str, base: Tensor, deltas: list[Tensor], **settings: Any) -> Tensor:
    result: Tensor = find("merge_method", method).function(base, deltas, **settings)
    return result


@pytest.mark.parametrize("normalize", [None, True, False])
@pytest.mark.parametrize(("densities", "scales"), CASES)
@pytest.mark.parametrize("method", ["task_arithmetic", "ties", "dare_linear", "dare_ties"])
def test_deltas_merge_as_mergekit_does(
    method: str, densities: list[float], scales: list[float], normalize: bool | None
) -> None:
    base, tuned, deltas = inputs(1)
    parameters: dict[str, Any] = {"weight": scales}
    if method != "task_arithmetic":
        parameters["density"] = densities
    if normalize is not None:
        parameters["normalize"] = normalize
    torch.manual_seed(11)
    theirs = merge_tensors([base, *tuned], method, parameters=parameters, base_index=0)
    generator = torch.Generator().manual_seed(11)
    mine = ours(
        method,
        base,
        deltas,
        densities=densities,
        scales=scales,
        normalize=normalize,
        generator=generator,
    )
    torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("normalize", [None, True, False])
@pytest.mark.parametrize("scales", [scales for _, scales in CASES])
def test_average_is_mergekits(scales: list[float], normalize: bool | None) -> None:
    base, tuned, deltas = inputs(2)
    parameters: dict[str, Any] = {"weight": scales}
    if normalize is not None:
        parameters["normalize"] = normalize
    theirs = merge_tensors(tuned, "linear", parameters=parameters)
    mine = ours("linear", base, deltas, scales=scales, normalize=normalize)
    torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", ["linear", "task_arithmetic", "ties"])
def test_engine_merges_whole_models_as_mergekit_does(method: str) -> None:
    parts = {name: inputs(seed) for seed, name in enumerate(["a.weight", "b.weight"])}
    base = FakeBase({name: p[0] for name, p in parts.items()})
    donors = [FakeDonor({name: p[2][k] for name, p in parts.items()}) for k in range(3)]
    models = {f"d{k}": {name: p[1][k] for name, p in parts.items()} for k in range(3)}
    spec = make_spec(
        [{"density": 0.3, "scale": s} for s in (0.5, 1.0, 1.5)], method=method, dtype="float32"
    )
    parameters: dict[str, Any] = {"weight": {"d0": 0.5, "d1": 1.0, "d2": 1.5}}
    whole: str | None = None
    if method != "linear":
        models, whole = {"base": base.values, **models}, "base"
    if method == "ties":
        parameters["density"] = 0.3
    theirs = merge_state_dicts(models, method, parameters=parameters, base=whole)
    mine = dict(stream_merge(spec, base, donors, [None] * 3))
    for name, tensor in theirs.items():
        torch.testing.assert_close(mine[name], tensor, rtol=1e-5, atol=1e-6)


def test_trim_keeps_one_entry_at_least_and_prefers_lower_index() -> None:
    assert trim(torch.tensor([1.0, -3.0, 3.0]), 0.01).tolist() == [0.0, -3.0, 0.0]
    assert trim(torch.tensor([1.0, -3.0, 3.0]), 0.0).tolist() == [0.0, 0.0, 0.0]
    assert trim(torch.zeros(0), 0.5).shape == (0,)


def test_dare_of_an_empty_draw_stays_finite() -> None:
    base = torch.ones(2, 2)
    merged = ours(
        "dare_linear",
        base,
        [torch.ones(2, 2)],
        densities=[0.0],
        scales=[1.0],
        generator=torch.Generator(),
    )
    assert torch.equal(merged, base)


def test_weights_that_cancel_leave_the_base() -> None:
    base, _, deltas = inputs(3)
    assert torch.equal(ours("linear", base, deltas[:2], scales=[1.0, -1.0]), base)


@pytest.mark.parametrize("scope", ["tensor", "row"])
def test_trim_average_averages_the_survivors(scope: str) -> None:
    base, _, deltas = inputs(4)
    spec = make_spec(
        [{"density": 0.3, "scale": s} for s in (1.0, 1.5, 0.5)],
        method="trim_average",
        estimator="magnitude",
        scope=scope,
        dtype="float32",
    )
    donors = [FakeDonor({"w": d}) for d in deltas]
    merged = dict(stream_merge(spec, FakeBase({"w": base}), donors, [None] * 3))["w"]
    kept = []
    for delta in deltas:
        lines = delta.abs() if scope == "row" else delta.abs().reshape(1, -1)
        n = int(0.3 * lines.shape[1] + 0.5)
        edge = lines.sort(descending=True, dim=1).values[:, n - 1 : n]
        kept.append((lines >= edge).reshape(base.shape))
    count = torch.stack(kept).sum(0)
    total = sum(k * d * s for k, d, s in zip(kept, deltas, (1.0, 1.5, 0.5), strict=True))
    torch.testing.assert_close(merged, base + total / count.clamp(min=1))


def test_trim_average_of_uncontested_positions_is_obim() -> None:
    g = torch.Generator().manual_seed(8)
    base = torch.randn(16, 16, generator=g)
    side = torch.rand(16, 16, generator=g) < 0.5
    deltas = [torch.randn(16, 16, generator=g) * m for m in (side, ~side)]
    merged = []
    for method in ("obim", "trim_average"):
        spec = make_spec(
            [{"density": 0.2}] * 2, method=method, estimator="magnitude", dtype="float32"
        )
        donors = [FakeDonor({"w": d}) for d in deltas]
        merged.append(dict(stream_merge(spec, FakeBase({"w": base}), donors, [None] * 2))["w"])
    assert torch.equal(merged[0], merged[1])


def test_methods_say_what_the_page_needs() -> None:
    assert {"obim", "linear", "task_arithmetic", "ties", "dare_linear", "dare_ties"} <= set(
        names("merge_method")
    )
    for name in names("merge_method"):
        facts = find("merge_method", name).facts
        assert set(facts) - {"averages"} == {
            "label",
            "exclusive",
            "uses_density",
            "uses_scale",
            "needs_saliency",
        }


@pytest.mark.parametrize(
    "method", ["linear", "task_arithmetic", "ties", "dare_linear", "dare_ties"]
)
def test_only_an_average_does_not_care_for_scales_of_the_same_ratio(method: str) -> None:
    generator = torch.Generator().manual_seed(5)
    base, *deltas = (torch.randn(6, 7, generator=generator) for _ in range(3))
    merged = []
    for factor in (1.0, 2.0):
        spec = make_spec(
            [{"density": 0.4, "scale": factor}, {"density": 0.4, "scale": 0.5 * factor}],
            method=method, dtype="float32",
        )  # fmt: skip
        donors = [FakeDonor({"w": delta}) for delta in deltas]
        merged.append(dict(stream_merge(spec, FakeBase({"w": base}), donors, [None] * 2))["w"])
    same = torch.allclose(merged[0], merged[1], atol=1e-6)
    assert same == ("averages" in find("merge_method", method).facts)
