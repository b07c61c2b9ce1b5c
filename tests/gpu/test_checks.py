"""The checks of `test_device`, on the CPU and on a device that pretends: they run, and can fail."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from obim.merging import in_torch
from obim.models.device import CPU
from tests.elsewhere import ELSEWHERE, MixedDevices, Pretence, elsewhere
from tests.gpu import checks, comparing
from tests.tiny import Family


def one_by_one(work: Callable[..., Any], tensors: Any) -> Iterator[tuple[str, Any]]:
    """`in_order` in this thread: other threads don't pretend."""
    for name, _ in tensors:
        yield name, work(name, map)


@pytest.fixture
def pretence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretence]:
    for room in ("engine", "stepping"):
        monkeypatch.setattr(f"obim.merging.{room}.in_order", one_by_one)
    with elsewhere() as pretence:
        yield pretence
    assert pretence.operations > 100


@pytest.mark.parametrize("family", ["llama", "gemma", "gpt2", "qwen3_moe"])
def test_statistics_elsewhere(family: Family, tmp_path: Path, pretence: Pretence) -> None:
    checks.check_statistics(tmp_path, family, ELSEWHERE)


SETTINGS = [
    {"scope": "tensor"}, {"scope": "row"}, {"scope": "global"}, {"estimator": "random"},
    {"scope": "global", "estimator": "magnitude"}, {"rotate": False, "dtype": "float32"},
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_selection_elsewhere(settings: dict[str, Any], tmp_path: Path, pretence: Pretence) -> None:
    checks.check_selection(tmp_path, ELSEWHERE, **settings)


def test_own_statistics_elsewhere(tmp_path: Path, pretence: Pretence) -> None:
    checks.check_own_statistics(tmp_path, ELSEWHERE)


def test_texts_elsewhere(tmp_path: Path, pretence: Pretence) -> None:
    checks.check_texts(tmp_path, ELSEWHERE)


def test_checks_on_the_cpu(tmp_path: Path) -> None:
    checks.check_statistics(tmp_path / "a", "llama", CPU)
    checks.check_selection(tmp_path / "b", CPU)
    checks.check_own_statistics(tmp_path / "c", CPU)
    checks.check_texts(tmp_path / "d", CPU)


def test_the_pretence_refuses_what_a_card_would() -> None:
    with elsewhere():
        there = torch.ones(3).to(ELSEWHERE)
        assert (there + 1).cpu().tolist() == [2.0, 2.0, 2.0]
        with pytest.raises(MixedDevices):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="float64"):
            there.double()


def test_ties_are_told_from_other_differences() -> None:
    saliency = {"w": np.array([4.0, 3.0, 3.0001, 1.0], np.float32)}
    theirs = {"w": np.array([1, 1, 0, 0], np.uint8)}
    comparing.assert_ties({"w": np.array([1, 0, 1, 0], np.uint8)}, theirs, saliency)
    with pytest.raises(AssertionError):
        comparing.assert_ties({"w": np.array([1, 0, 0, 1], np.uint8)}, theirs, saliency)


def test_claims_go_to_the_cpu_and_say_so_where_there_is_no_room(
    tmp_path: Path, pretence: Pretence, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr("obim.merging.preparing.free_memory", lambda device: 1)
    monkeypatch.setattr("obim.merging.obim.claim_all", lambda *_: pytest.fail("claimed there"))
    checks.check_selection(tmp_path, ELSEWHERE)
    assert "they are made on the CPU" in caplog.text


def test_values_that_are_no_saliency_are_refused() -> None:
    one = torch.ones(2)
    for wrong in (torch.nan, -1.0):
        value = torch.tensor([1.0, wrong])
        with pytest.raises(ValueError, match="must be a number"):
            in_torch.encode(value, None, one)
        in_torch.encode(value, torch.tensor([True, False]), one)
