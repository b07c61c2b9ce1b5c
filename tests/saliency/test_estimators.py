"""Estimators against Wanda's ranking, and statistics on disk."""

import os
from pathlib import Path

import pytest
import torch

from obim.errors import CalibrationError, RunError
from obim.registry import find, names
from obim.saliency.layerwise import layerwise
from obim.saliency.store import load_stats, save_stats
from obim.types import InputStats, TensorStats


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_registered_with_what_they_need():
    assert {"layerwise", "magnitude", "random"} <= set(names("estimator"))
    assert find("estimator", "layerwise").facts["needs_statistics"] is True
    assert find("estimator", "magnitude").facts["needs_statistics"] is False


def test_layerwise_ranks_as_wanda():
    delta = torch.randn(7, 11, generator=seeded())
    x = torch.randn(50, 11, generator=seeded(1)).double() * torch.arange(1, 12)
    h = x.square().mean(0)
    wanda = delta.double().abs() * x.norm(dim=0)
    stats = TensorStats((h.float()[None, :],))
    ours = layerwise(delta, stats, None)
    assert torch.equal(ours.view(-1).argsort(), wanda.view(-1).argsort())


def test_layerwise_is_the_measured_loss_of_a_small_linear():
    x = torch.randn(64, 5, generator=seeded(2), dtype=torch.float64)
    delta = torch.randn(3, 5, generator=seeded(3), dtype=torch.float64)
    stats = TensorStats((x.square().mean(0).float()[None, :],))
    ours = layerwise(delta.float(), stats, None)
    for i in range(3):
        for j in range(5):
            one = torch.zeros_like(delta)
            one[i, j] = delta[i, j]
            loss = 0.5 * (x @ one.T).square().sum(1).mean()
            assert float(ours[i, j]) == pytest.approx(float(loss), rel=1e-5)


def test_tied_curvature_adds_rows_and_columns():
    delta = torch.randn(4, 3, generator=seeded())
    f, h = torch.tensor([0.5, 0.0, 0.25, 0.25]), torch.tensor([1.0, 2.0, 3.0])
    ours = layerwise(delta, TensorStats((f[:, None], h[None, :])), None)
    torch.testing.assert_close(ours, 0.5 * (f[:, None] + h[None, :]) * delta**2)


def test_layerwise_without_statistics_says_so():
    with pytest.raises(CalibrationError, match="magnitude"):
        layerwise(torch.ones(2, 2), None, None)


def test_magnitude_and_random():
    delta = torch.randn(6, 6, generator=seeded())
    delta[0, 0] = 0.0
    magnitude, random = (find("estimator", n).function for n in ("magnitude", "random"))
    torch.testing.assert_close(magnitude(delta, None, None), 0.5 * delta**2)
    lots = random(delta, None, seeded(5))
    assert torch.equal(lots, random(delta, None, seeded(5)))
    assert not torch.equal(lots, random(delta, None, seeded(6)))
    assert lots[0, 0] == 0
    assert int((lots > 0).sum()) == 35
    assert lots.dtype == torch.float32


def test_statistics_round_trip(tmp_path: Path):
    stats = InputStats(
        {
            "a.weight": TensorStats((torch.rand(1, 4),)),
            "e.weight": TensorStats((torch.rand(5, 1), torch.rand(1, 4)), lexicographic=True),
        },
        tokens=12,
        texts=3,
        missing={"x": "because"},
    )
    save_stats(stats, tmp_path / "deep" / "0.safetensors")
    back = load_stats(tmp_path / "deep" / "0.safetensors")
    assert (back.tokens, back.texts, back.missing) == (12, 3, {"x": "because"})
    assert list(back.tensors) == list(stats.tensors)
    assert back.tensors["e.weight"].lexicographic
    for name, entry in stats.tensors.items():
        for a, b in zip(entry.curvature, back.tensors[name].curvature, strict=True):
            assert torch.equal(a, b)


def test_damaged_statistics_are_refused(tmp_path: Path):
    (tmp_path / "s").write_bytes(b"nothing of use")
    for path in (tmp_path / "s", tmp_path / "absent"):
        with pytest.raises(RunError, match="measure them again"):
            load_stats(path)


def test_statistics_reach_the_disk_before_they_get_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("name"), replace(a, b)))
    save_stats(InputStats({}, 0, 0, {}), tmp_path / "0.safetensors")
    assert done == ["sync", "name"]
