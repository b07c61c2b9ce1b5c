"""The whole method against a twin in plain Python, stepped and streamed, in every scope."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from obim.merging.engine import Merge, stream_merge
from obim.merging.obim import Field, schedule
from tests.merging.fakes import FakeDonor, make_base, make_donors, make_spec, make_stats
from tests.merging.twin import owners


def test_turns_rotate() -> None:
    assert [v.donor for v in schedule(3, 3, rotate=True)] == [0, 1, 2, 1, 2, 0, 2, 0, 1]
    assert [v.donor for v in schedule(3, 2, rotate=False)] == [0, 1, 2, 0, 1, 2]
    assert [(v.number, v.round) for v in schedule(2, 2, True)] == [(1, 1), (2, 1), (3, 2), (4, 2)]


def test_every_round_gives_every_donor_one_turn() -> None:
    for donors in (1, 2, 5):
        visits = schedule(donors, 7, rotate=True)
        for r in range(1, 8):
            assert sorted(v.donor for v in visits if v.round == r) == list(range(donors))


def test_entitlement_of_rows() -> None:
    assert Field((6, 10)).wanted(0.25, 1, 1) == (15, 15)
    assert Field((6, 10), "row").wanted(0.25, 1, 1) == (3, 18)
    assert Field((6, 10), "row", 1).wanted(0.25, 1, 1) == (2, 20)
    assert Field((10,), "row").wanted(0.25, 1, 1) == (3, 3)
    assert Field((2, 3, 10), "row").wanted(0.25, 1, 1) == (3, 18)
    assert Field((0, 10), "row").wanted(0.5, 1, 1) == (5, 0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scope=st.sampled_from(["tensor", "row", "global"]),
    dtype=st.sampled_from(["bfloat16", "float16", "float32"]),
    estimator=st.sampled_from(["layerwise", "magnitude"]),
    rotate=st.booleans(),
    rounds=st.integers(1, 6),
    densities=st.lists(
        st.none() | st.sampled_from([0.0, 0.15, 0.333, 0.65, 1.0]), min_size=1, max_size=4
    ),
    scale=st.sampled_from([1.0, 0.5, 1.6, -1.0]),
    coarse=st.booleans(),
)
def test_engine_is_the_twin(
    seed: int, densities: list[float | None], scale: float, coarse: bool, **settings: Any
) -> None:
    base = make_base(seed)
    donors = make_donors(base, len(densities), seed + 1)
    if coarse:  # many ties
        for donor in donors:
            donor.deltas = {n: (d * 100).round() / 64 for n, d in donor.deltas.items()}
    stats = make_stats(base, len(densities), seed + 2)
    spec = make_spec([{"density": d, "scale": scale} for d in densities], **settings)
    expected = owners(spec, base, donors, stats)
    merge = Merge(spec, base, donors, stats)
    assert list(merge.prepare())[-1] == 1.0
    turns = list(merge.iterate())
    streamed = {}
    tensors = dict(stream_merge(spec, base, donors, stats, on_owner=streamed.__setitem__))
    assert list(tensors) == sorted(base.tensors)
    for i, name in enumerate(merge.names):
        assert merge.owner[name].tolist() == expected[name]
        assert streamed[name].tolist() == expected[name]
        assert torch.equal(tensors[name], merge.tensor(name))
        for turn in turns:
            assert turn.claimed[i] == expected[name].count(turn.number)


@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
def test_contested_counts_top_density_sets(scope: str) -> None:
    base = make_base(dtype=torch.float32)
    donors, stats = make_donors(base, 2), make_stats(base, 2)
    spec = make_spec([{"density": 0.4}, {"density": 0.7}], scope=scope, dtype="float32", rounds=3)
    merge = Merge(spec, base, donors, stats)
    list(merge.prepare())
    alone = []
    for k in range(2):  # what each would own if it were the only one
        own = spec.model_copy(update={"donors": (spec.donors[k],), "rounds": 1})
        alone.append(owners(own, base, [donors[k]], [stats[k]]))
    for name in merge.names:
        both = sum(a > 0 and b > 0 for a, b in zip(alone[0][name], alone[1][name], strict=True))
        assert merge.contested[name] == both


def test_positions_run_out() -> None:
    base = make_base(dtype=torch.float32)
    donors = make_donors(base, 3)
    spec = make_spec([{"density": 0.7}] * 3, dtype="float32", estimator="magnitude", rounds=5)
    merge = Merge(spec, base, donors, [None] * 3)
    list(merge.prepare())
    turns = list(merge.iterate())
    assert all((owner > 0).all() for owner in merge.owner.values())
    total = sum(owner.size for owner in merge.owner.values())
    assert sum(sum(t.claimed) for t in turns) == total
    assert sum(sum(t.wanted) for t in turns) > total
    assert sum(turns[-1].claimed) < sum(turns[-1].wanted)


def test_global_shortage_is_counted() -> None:
    base = make_base(dtype=torch.float32)
    spec = make_spec([{"density": 0.7}] * 2, dtype="float32", estimator="random", scope="global")
    merge = Merge(spec, base, make_donors(base, 2), [None] * 2)
    list(merge.prepare())
    turns = list(merge.iterate())
    total = sum(owner.size for owner in merge.owner.values())
    assert sum(sum(t.claimed) for t in turns) == total
    assert sum(sum(t.wanted) for t in turns) == pytest.approx(1.4 * total, abs=2)


def test_one_round_serves_the_first_donor_first() -> None:
    base = make_base(dtype=torch.float32)
    donors = make_donors(base, 1) * 2  # the same delta twice
    spec = make_spec([{"density": 0.5}] * 2, dtype="float32", estimator="magnitude", rounds=1)
    merge = Merge(spec, base, donors, [None] * 2)
    list(merge.prepare())
    list(merge.iterate())
    for name, owner in merge.owner.items():
        delta = donors[0].deltas[name].abs().flatten()
        assert (
            delta[torch.from_numpy(owner == 1)].min() >= delta[torch.from_numpy(owner == 2)].max()
        )


def test_untouched_tensors_are_not_wanted() -> None:
    base = make_base()
    donors = make_donors(base, 2)
    partial = FakeDonor({"a.weight": donors[1].deltas["a.weight"]})
    spec = make_spec(2, estimator="magnitude")
    merge = Merge(spec, base, [donors[0], partial], [None] * 2)
    list(merge.prepare())
    for turn in merge.iterate():
        if turn.donor == 1:
            assert [w > 0 for w in turn.wanted] == [n == "a.weight" for n in merge.names]
