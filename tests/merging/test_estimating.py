"""Estimates follow the headers and the settings; how true they are is printed by a benchmark."""

import pytest
import torch

from obim.errors import RecipeError
from obim.merging import estimating
from obim.merging.estimating import memory_stepped, memory_streamed, seconds_to_merge
from obim.merging.pooling import LARGE, ROOM
from obim.types import TensorInfo
from tests.merging.fakes import FakeBase, make_spec

SMALL, BIG = 1e-6, 3e-6


def base_of(rows: int) -> FakeBase:
    return FakeBase({f"{i}.weight": torch.zeros(rows, 256).bfloat16() for i in range(3)})


def headers_of(*sizes: int) -> FakeBase:
    """A base without weights."""
    base = FakeBase({})
    infos = (TensorInfo(f"{i}.weight", (n,), "bfloat16", "", 2 * n) for i, n in enumerate(sizes))
    base.tensors = {info.name: info for info in infos}
    return base


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "_seconds_per_position", lambda _: (SMALL, BIG))


@pytest.mark.usefixtures("pace")
def test_seconds_are_those_of_the_noise_times_the_positions() -> None:
    spec = make_spec(3, exclude=("0.*",))
    assert seconds_to_merge(spec, base_of(1000)) == pytest.approx(2 * 1000 * 256 * SMALL)
    once, twice = (seconds_to_merge(spec, base_of(rows)) for rows in (700, 1400))
    assert twice == pytest.approx(2 * once)
    told = seconds_to_merge(make_spec(3), headers_of(LARGE, LARGE - 1))
    assert told == pytest.approx(LARGE * BIG + (LARGE - 1) * SMALL)


def test_what_is_streamed_takes_the_tensors_in_hand_and_no_more() -> None:
    spec = make_spec(3)
    two, ten = headers_of(*[ROOM] * 2), headers_of(*[ROOM] * 10)
    assert memory_streamed(spec, two) == memory_streamed(spec, ten)
    assert memory_streamed(spec, headers_of(2 * ROOM)) == 2 * memory_streamed(spec, two)
    # base 4, and keys 4, candidates 2 and queues 4 a donor, owner 1
    assert memory_streamed(spec, headers_of(1000, 500)) == 1500 * (4 + 3 * (4 + 2 + 4) + 1)
    assert memory_streamed(make_spec(2), two) < memory_streamed(spec, two)
    jointly = make_spec(3, scope="global")
    assert memory_streamed(jointly, ten) == 5 * memory_streamed(jointly, two)


def test_what_is_stepped_stays_in_memory_whole() -> None:
    two, three = headers_of(*[ROOM] * 2), headers_of(*[ROOM] * 3)
    for dtype, width in (("bfloat16", 2), ("float32", 4)):
        spec = make_spec(3, dtype=dtype)
        more = memory_stepped(spec, three) - memory_stepped(spec, two)
        assert more == ROOM * (3 * width + 2)
    assert memory_stepped(make_spec(3), two) > memory_streamed(make_spec(3), two)


def test_nothing_to_merge_is_a_sentence() -> None:
    for told in (seconds_to_merge, memory_streamed, memory_stepped):
        with pytest.raises(RecipeError, match="widen"):
            told(make_spec(2, exclude=("*",)), base_of(8))


def test_the_noise_is_merged_by_any_method() -> None:
    for method in ("obim", "ties", "linear", "dare_linear"):
        assert seconds_to_merge(make_spec(2, method=method), base_of(8)) > 0


def test_the_noise_is_merged_once_for_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds_to_merge(make_spec(2, rounds=7), base_of(8))
    monkeypatch.setattr(estimating, "stream_merge", lambda *_: pytest.fail("merged again"))
    other = [{"name": "other", "source": "elsewhere"}, {}]
    seconds_to_merge(make_spec(other, rounds=7, include=("1.*",)), base_of(8))
