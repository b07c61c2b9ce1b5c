"""The invariants of an exclusive merge, patterns, resuming, refusals, passing through."""

import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from obim.errors import CalibrationError, Incompatible, RecipeError, RunError
from obim.merging.engine import Merge, changeable, row_axis, stream_merge
from obim.types import InputStats, MergeSpec
from tests.merging.fakes import (
    FakeBase,
    FakeDonor,
    make_base,
    make_donors,
    make_spec,
    make_stats,
)

DTYPES = ["bfloat16", "float16", "float32"]


def prepared(spec: MergeSpec, base: FakeBase, donors: list[FakeDonor], **more: Any) -> Merge:
    stats = make_stats(base, len(donors)) if spec.estimator == "layerwise" else [None] * len(donors)
    merge = Merge(spec, base, donors, stats, **more)
    list(merge.prepare())
    return merge


def content(tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scope=st.sampled_from(["tensor", "row", "global"]),
    dtype=st.sampled_from(DTYPES),
    stored=st.sampled_from(DTYPES),
    scale=st.sampled_from([1.0, 1.3, -0.7]),
)
def test_claimed_is_candidate_and_the_rest_is_base(
    seed: int, scope: str, dtype: str, stored: str, scale: float
) -> None:
    base = make_base(seed, getattr(torch, stored))
    donors = make_donors(base, 3, seed + 1, size=0.004)
    spec = make_spec([{"density": 0.3, "scale": scale}] * 3, scope=scope, dtype=dtype)
    merge = prepared(spec, base, donors)
    turns = list(merge.iterate())
    out = getattr(torch, dtype)
    for i, name in enumerate(merge.names):
        w0 = base.values[name]
        owner = torch.from_numpy(merge.owner[name]).reshape(w0.shape)
        merged = merge.tensor(name)
        assert merged.dtype == out
        assert torch.equal(merged[owner == 0], w0.to(out)[owner == 0])
        for turn in turns:
            at = owner == turn.number
            assert int(at.sum()) == turn.claimed[i] <= turn.wanted[i] or scope == "global"
            expected = (w0.float() + scale * donors[turn.donor].deltas[name]).to(out)
            assert torch.equal(merged[at], expected[at])
            assert bool((merged[at] != w0.to(out)[at]).all())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
def test_one_donor_whole_is_the_donor_and_none_of_it_the_base(dtype: str, scope: str) -> None:
    base = make_base(dtype=torch.float32)
    donors = make_donors(base, 1)
    out = getattr(torch, dtype)
    whole = prepared(make_spec([{"density": 1.0}], dtype=dtype, scope=scope), base, donors)
    none = prepared(make_spec([{"density": 0.0}], dtype=dtype, scope=scope), base, donors)
    list(whole.iterate())
    assert sum(sum(turn.claimed) for turn in none.iterate()) == 0
    for name in whole.names:
        w0 = base.values[name]
        assert torch.equal(whole.tensor(name), (w0 + donors[0].deltas[name]).to(out))
        assert torch.equal(none.tensor(name), w0.to(out))


def test_donor_that_is_the_base_claims_nothing() -> None:
    base = make_base()
    nothing = FakeDonor({name: torch.zeros(t.shape) for name, t in base.tensors.items()})
    for estimator in ("layerwise", "magnitude", "random"):
        merge = prepared(make_spec([{"density": 1.0}], estimator=estimator), base, [nothing])
        assert sum(sum(turn.claimed) for turn in merge.iterate()) == 0
        assert merge.survival[0].entries == 0
        assert merge.survival[0].tensors == {}


def test_same_content_whatever_the_threads_and_the_order_of_work() -> None:
    base = make_base(big=torch.randn(700, 900, generator=torch.Generator().manual_seed(3)))
    donors, stats = make_donors(base, 3), make_stats(base, 3)
    before = torch.get_num_threads()
    for method, estimator in (("obim", "layerwise"), ("obim", "random"), ("dare_ties", "random")):
        spec = make_spec(3, seed=5, method=method, estimator=estimator)
        hashes = set()
        try:
            for threads in (1, 2):
                torch.set_num_threads(threads)
                hashes.add(content(dict(stream_merge(spec, base, donors, stats))))
                if method == "obim":
                    merge = Merge(spec, base, donors, stats)
                    list(merge.prepare())
                    list(merge.iterate())
                    hashes.add(content(dict(merge.merged())))
        finally:
            torch.set_num_threads(before)
        assert len(hashes) == 1
        other = spec.model_copy(update={"seed": 6})
        changed = content(dict(stream_merge(other, base, donors, stats)))
        assert (changed in hashes) == (estimator == "layerwise")


@settings(max_examples=15, deadline=None)
@given(
    forth=st.integers(0, 12), back=st.integers(0, 12), scope=st.sampled_from(["tensor", "global"])
)
def test_back_and_forth_gives_the_same_bits(forth: int, back: int, scope: str) -> None:
    base = make_base()
    donors = make_donors(base, 3)
    spec = make_spec([{"density": 0.5}] * 3, scope=scope)
    straight = prepared(spec, base, donors)
    list(straight.iterate())
    merge = prepared(spec, base, donors)
    steps = merge.iterate()
    for _ in range(forth):
        next(steps)
    back = min(back, forth)
    shown = {name: merge.tensor(name, back) for name in merge.names}
    merge.back(back)
    assert merge.turn == back
    for name in merge.names:
        assert torch.equal(shown[name], merge.tensor(name))
        assert torch.equal(shown[name], straight.tensor(name, back))
    list(merge.iterate())
    for name in merge.names:
        np.testing.assert_array_equal(merge.owner[name], straight.owner[name])


def test_resuming_a_killed_run_is_a_run_never_killed() -> None:
    base = make_base()
    donors = make_donors(base, 2)
    spec = make_spec([{"density": 0.5}] * 2)
    straight = prepared(spec, base, donors)
    list(straight.iterate())
    killed = {name: np.where(o <= 4, o, 0).astype(np.uint8) for name, o in straight.owner.items()}
    half = straight.owner["a.weight"]
    killed["a.weight"] = np.where(half <= 5, half, 0).astype(np.uint8)  # turn 5 not journaled
    resumed = prepared(spec, base, donors, owner=killed, turn=4)
    assert [turn.number for turn in resumed.iterate()] == [5, 6, 7, 8]
    for name in straight.names:
        np.testing.assert_array_equal(resumed.owner[name], straight.owner[name])
    assert np.shares_memory(resumed.owner["a.weight"], killed["a.weight"])


def test_stop_undoes_the_turn_in_hand() -> None:
    base = make_base()
    merge = prepared(make_spec(2), base, make_donors(base, 2))
    steps = merge.iterate()
    next(steps)
    before = {name: owner.copy() for name, owner in merge.owner.items()}
    answers = iter([False] * 3 + [True])
    assert list(merge.iterate(stop=lambda: next(answers))) == []
    assert merge.turn == 1
    for name, owner in merge.owner.items():
        np.testing.assert_array_equal(owner, before[name])


def test_an_error_undoes_the_turn_in_hand() -> None:
    base = make_base()
    merge = prepared(make_spec(2), base, make_donors(base, 2))

    def fail() -> bool:
        if any((owner > 0).any() for owner in merge.owner.values()):
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        list(merge.iterate(stop=fail))
    assert merge.turn == 0
    assert not any(owner.any() for owner in merge.owner.values())


def test_switching_a_donor_off_restores_the_base_there() -> None:
    base = make_base()
    merge = prepared(make_spec([{"density": 0.4}] * 3), base, make_donors(base, 3))
    turns = list(merge.iterate())
    theirs = [turn.number for turn in turns if turn.donor == 1]
    for name in merge.names:
        off = torch.from_numpy(np.isin(merge.owner[name], theirs)).reshape(base.tensors[name].shape)
        with_it, without = merge.tensor(name), merge.tensor(name, without={1})
        assert torch.equal(without[off], base.values[name][off])
        assert torch.equal(without[~off], with_it[~off])


def test_changed_updates_a_live_model_both_ways() -> None:
    base = make_base()
    merge = prepared(make_spec([{"density": 0.4}] * 2), base, make_donors(base, 2))
    list(merge.iterate())
    live = {name: merge.tensor(name, 2) for name in merge.names}
    for since, upto in ((2, None), (8, 3), (3, 3), (3, 0), (0, 8)):
        for name, tensor in merge.changed(since, upto):
            live[name] = tensor
        for name in merge.names:
            assert torch.equal(live[name], merge.tensor(name, upto))
    assert list(merge.changed(3, 3)) == []


@pytest.mark.parametrize("method", ["obim", "linear", "ties", "dare_linear", "trim_average"])
def test_excluded_stays_the_base_and_integers_pass(method: str) -> None:
    counter = torch.arange(6)
    base = make_base(counter=counter)
    donors = make_donors(base, 2)
    spec = make_spec(
        2, method=method, estimator="magnitude", include=("*.weight",), exclude=("embed*",)
    )
    merged = dict(stream_merge(spec, base, donors, [None] * 2))
    assert torch.equal(merged["counter"], counter)
    for name in ("embed.weight", "b.bias"):
        assert torch.equal(merged[name], base.values[name])
    assert not torch.equal(merged["a.weight"], base.values["a.weight"])
    assert changeable(spec, base) == ["a.weight", "h.0.attn.c_attn.weight", "norm.weight"]
    if method == "obim":
        merge = prepared(spec, base, donors)
        list(merge.iterate())
        assert content(dict(merge.merged())) == content(merged)


@pytest.mark.parametrize("method", ["obim", "linear", "ties", "dare_ties", "trim_average"])
def test_tensor_no_donor_touches_passes_through(method: str) -> None:
    base = make_base(dtype=torch.float32)
    one = make_donors(base, 1)[0]
    donors = [FakeDonor({"a.weight": one.deltas["a.weight"]}), FakeDonor({"norm.weight": None})]
    spec = make_spec(2, method=method, estimator="magnitude")
    merged = dict(stream_merge(spec, base, donors, [None] * 2))
    for name, tensor in merged.items():
        same = torch.equal(tensor, base.values[name].to(torch.bfloat16))
        assert same == (name != "a.weight")


def test_each_tensor_is_read_once_when_streamed() -> None:
    base = make_base()
    fractions: list[float] = []
    spec = make_spec(2)
    stats = make_stats(base, 2)
    list(stream_merge(spec, base, make_donors(base, 2), stats, on_progress=fractions.append))
    assert base.reads == len(base.tensors)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_survival_counts_what_the_cast_leaves() -> None:
    base = FakeBase({"w": torch.tensor([[1.0, 1.0, 1.0, 1.0]])})
    donor = FakeDonor({"w": torch.tensor([[0.5, 0.001, 0.0, 0.25]])})
    spec = make_spec([{"density": 1.0}], estimator="magnitude")
    merge = prepared(spec, base, [donor])
    assert merge.survival[0].entries == pytest.approx(2 / 3)
    assert merge.survivors == (2,)
    assert merge.survival[0].tensors == {"w": pytest.approx(2 / 3)}
    assert merge.survival[0].norm == pytest.approx(1 - 0.001 / (0.5**2 + 0.25**2 + 0.001**2) ** 0.5)
    turns = list(merge.iterate())
    assert sum(sum(turn.claimed) for turn in turns) == 2  # none is wasted on what would vanish


def test_tensor_without_statistics_is_ranked_by_magnitude_and_named() -> None:
    base = make_base()
    donors, stats = make_donors(base, 1), make_stats(base, 1)
    tensors = {n: s for n, s in stats[0].tensors.items() if n != "a.weight"}
    some = InputStats(tensors, 1, 1, missing={"a.weight": "unused"})
    merge = Merge(make_spec(1), base, donors, [some])
    list(merge.prepare())
    list(merge.iterate())
    assert merge.unmeasured == (("a.weight",),)
    plain = prepared(make_spec(1, estimator="magnitude"), base, donors)
    list(plain.iterate())
    np.testing.assert_array_equal(merge.owner["a.weight"], plain.owner["a.weight"])


def test_conv1d_rows_are_columns() -> None:
    assert row_axis({"model_type": "gpt2"}, "h.0.mlp.c_fc.weight") == 1
    assert row_axis({"model_type": "gpt2"}, "wte.weight") == 0
    assert row_axis({"model_type": "llama"}, "h.0.mlp.c_fc.weight") == 0


def test_refusals() -> None:
    base = make_base()
    donors = make_donors(base, 2)
    with pytest.raises(CalibrationError, match="d0"):
        Merge(make_spec(2), base, donors, [None, None])
    with pytest.raises(RecipeError, match="include"):
        Merge(make_spec(2, exclude=("*",)), base, donors, [None, None])
    with pytest.raises(RecipeError, match="turns"):
        Merge(make_spec(2, method="ties"), base, donors, [None, None])
    spec = make_spec(2, method="trim_average", estimator="magnitude", scope="global")
    with pytest.raises(RecipeError, match="scope"):
        list(stream_merge(spec, base, donors, [None, None]))
    merge = Merge(make_spec(2, estimator="magnitude"), base, donors, [None, None])
    with pytest.raises(RunError, match="prepare"):
        next(merge.iterate())
    with pytest.raises(RunError, match="Turn 3"):
        merge.back(3)


@pytest.mark.parametrize(
    ("delta", "error", "text"),
    [
        (torch.zeros(24, 15), Incompatible, "shape"),
        (torch.full((24, 16), float("nan")), Incompatible, "finite"),
        (torch.full((24, 16), 1e6), RecipeError, "float16"),
    ],
)
def test_deltas_that_cannot_be_merged(
    delta: torch.Tensor, error: type[Exception], text: str
) -> None:
    base = make_base()
    spec = make_spec(1, estimator="magnitude", dtype="float16")
    with pytest.raises(error, match=text):
        list(stream_merge(spec, base, [FakeDonor({"a.weight": delta})], [None]))


def test_damaged_base_is_refused() -> None:
    base = FakeBase({"w": torch.tensor([[float("inf"), 1.0]])})
    donor = FakeDonor({"w": torch.ones(1, 2)})
    with pytest.raises(Incompatible, match="finite"):
        list(stream_merge(make_spec(1, estimator="magnitude"), base, [donor], [None]))


@pytest.mark.parametrize("threads", [1, 3])
def test_large_tensors_and_threads_change_nothing(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_base()
    donors, stats, spec = make_donors(base, 3), make_stats(base, 3), make_spec(3)
    whole = {n: t.clone() for n, t in stream_merge(spec, base, donors, stats)}
    monkeypatch.setattr("obim.merging.pieces.BLOCK", 32)
    monkeypatch.setattr("obim.merging.pooling.LARGE", 300)
    monkeypatch.setattr("obim.merging.pooling.ROOM", 400)
    monkeypatch.setattr("obim.merging.obim.QUEUES", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for name, tensor in stream_merge(spec, base, donors, stats):
            assert torch.equal(tensor, whole[name])
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
