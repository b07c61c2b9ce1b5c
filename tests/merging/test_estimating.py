"""Estimates follow the headers and the settings; how true they are is printed by a benchmark."""

import pytest
import torch

from obim.errors import RecipeError
from obim.merging.estimating import estimate
from tests.merging.fakes import FakeBase, make_spec


def base_of(rows: int) -> FakeBase:
    return FakeBase({f"{i}.weight": torch.zeros(rows, 256).bfloat16() for i in range(3)})


def test_sizes_follow_the_headers() -> None:
    small, large = (estimate(make_spec(3), base_of(rows)) for rows in (512, 4096))
    assert large.disk == 8 * small.disk == 2.0 * 3 * 4096 * 256
    assert large.memory == 8 * small.memory
    assert estimate(make_spec(2), base_of(512)).memory < small.memory
    assert estimate(make_spec(3, dtype="float32"), base_of(512)).disk == 2 * small.disk


def test_nothing_to_merge_is_a_sentence() -> None:
    with pytest.raises(RecipeError, match="widen"):
        estimate(make_spec(2, exclude=("*",)), base_of(8))


def test_seconds_are_those_of_the_noise_times_the_positions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("obim.merging.estimating._seconds_per_position", lambda _: 1e-6)
    told = estimate(make_spec(3, exclude=("0.*",)), base_of(1000))
    assert told.seconds == pytest.approx(2 * 1000 * 256 * 1e-6)


def test_the_noise_is_merged_by_any_method() -> None:
    for method in ("obim", "ties", "linear", "dare_linear"):
        assert estimate(make_spec(2, method=method), base_of(8)).seconds > 0
