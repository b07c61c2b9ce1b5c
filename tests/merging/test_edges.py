"""Where the method could break: odd shapes, all 255 turns, donors that bring nothing, float64."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from obim.errors import ObimError
from obim.merging.engine import Merge, stream_merge
from tests.merging.fakes import FakeBase, FakeDonor, make_spec
from tests.merging.twin import owners

SHAPES = {
    "a.scalar": (),
    "b.nothing": (0,),
    "c.no_rows": (0, 5),
    "d.no_columns": (5, 0),
    "e.one": (1, 1),
    "f.vector": (7,),
    "g.stack": (2, 3, 4),
    "h.column": (6, 1),
    "i.row": (1, 9),
    "j.matrix": (4, 5),
}


def odd(seed: int, dtype: torch.dtype = torch.bfloat16, integers: bool = True) -> FakeBase:
    g = torch.Generator().manual_seed(seed)
    tensors = {n: torch.randn(s, generator=g).to(dtype) for n, s in SHAPES.items()}
    more = {"k.index": torch.arange(5), "l.mask": torch.tensor([True, False])}
    return FakeBase(tensors | (more if integers else {}), "llama")


def bring(base: FakeBase, count: int, seed: int, share: float = 0.8) -> list[FakeDonor]:
    """Donors that leave some tensors out, some entries at 0, and tie on many."""
    g = torch.Generator().manual_seed(seed)
    donors = []
    for _ in range(count):
        deltas: dict[str, Tensor | None] = {}
        for name in SHAPES:
            shape = base.values[name].shape
            delta = (torch.randn(shape, generator=g) * 4).round() / 32
            kept = torch.rand((), generator=g) < share
            deltas[name] = delta if kept else None
        donors.append(FakeDonor(deltas))
    return donors


def both_ways(spec: Any, base: FakeBase, donors: list[FakeDonor]) -> Merge:
    """Stepped and streamed against the twin; the merge as it stands at the end."""
    floats = FakeBase({n: t for n, t in base.values.items() if t.is_floating_point()}, "llama")
    expected = owners(spec, floats, donors, [None] * len(donors))
    merge = Merge(spec, base, donors, [None] * len(donors))
    assert list(merge.prepare())[-1] == 1.0
    turns = list(merge.iterate())
    maps: dict[str, Any] = {}
    stats = [None] * len(donors)
    tensors = dict(stream_merge(spec, base, donors, stats, on_owner=maps.__setitem__))
    assert list(tensors) == sorted(base.tensors)
    assert len(turns) == spec.turns
    for i, name in enumerate(merge.names):
        assert merge.owner[name].tolist() == expected[name] == maps[name].tolist()
        assert [t.claimed[i] for t in turns] == [expected[name].count(t.number) for t in turns]
    for name, tensor in tensors.items():
        assert tensor.shape == base.values[name].shape
        assert torch.equal(tensor, merge.tensor(name))
        if not tensor.is_floating_point():
            assert torch.equal(tensor, base.values[name])
    return merge


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scope=st.sampled_from(["tensor", "row", "global"]),
    dtype=st.sampled_from(["bfloat16", "float16", "float32"]),
    rounds=st.integers(1, 5),
    densities=st.lists(st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]), min_size=1, max_size=4),
)
def test_odd_shapes_are_the_twin(seed: int, densities: list[float], **more: Any) -> None:
    base = odd(seed)
    donors = bring(base, len(densities), seed + 1)
    spec = make_spec([{"density": d} for d in densities], estimator="magnitude", **more)
    both_ways(spec, base, donors)


@pytest.mark.parametrize(("donors", "rounds"), [(1, 255), (5, 51), (255, 1), (3, 85)])
@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
def test_all_255_turns(donors: int, rounds: int, scope: str) -> None:
    base = odd(3, torch.float32)
    spec = make_spec(
        [{"density": 1.0}] * donors,
        rounds=rounds,
        scope=scope,
        estimator="magnitude",
        dtype="float32",
    )
    merge = both_ways(spec, base, bring(base, donors, 4, share=1.0))
    whole = {name: owner.copy() for name, owner in merge.owner.items()}
    merge.back(254)
    assert all((owner <= 254).all() for owner in merge.owner.values())
    list(merge.iterate())
    assert all((merge.owner[name] == owner).all() for name, owner in whole.items())
    merge.back(0)
    assert not any(owner.any() for owner in merge.owner.values())


@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
@pytest.mark.parametrize("stored", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_an_entry_of_0_is_never_claimed(scope: str, stored: torch.dtype, dtype: str) -> None:
    """Not even where a float64 base rounds otherwise by way of float32."""
    bfloat, half = 1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-11 + 2.0**-40
    values = torch.tensor([bfloat, -bfloat, half, 3.0, 0.0, -0.0], dtype=torch.float64)
    base = FakeBase({"w": values.to(stored)}, "llama")
    delta = torch.tensor([0.0, -0.0, 0.0, 1.0, 0.0, 0.0])
    spec = make_spec([{"density": 1.0}], rounds=2, scope=scope, estimator="magnitude", dtype=dtype)
    merge = Merge(spec, base, [FakeDonor({"w": delta})], [None])
    list(merge.prepare())
    assert merge.survivors == (1,)
    assert merge.survival[0].entries == 1.0
    list(merge.iterate())
    assert (merge.owner["w"] > 0).tolist() == [False, False, False, True, False, False]
    untouched = base.read("w").to(getattr(torch, dtype))
    assert torch.equal(merge.tensor("w")[:3], untouched[:3])


@pytest.mark.parametrize("method", ["obim", "linear", "task_arithmetic", "ties", "dare_ties"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_delta_that_is_no_number_is_refused_by_every_method(method: str, bad: float) -> None:
    base = odd(0)
    (donor,) = bring(base, 1, 1, share=1.0)
    donor.deltas["j.matrix"] = torch.full((4, 5), 0.1)
    donor.deltas["j.matrix"][2, 3] = bad
    spec = make_spec([{"density": 1.0}], method=method, estimator="magnitude")
    with pytest.raises(ObimError, match="not finite"):
        list(stream_merge(spec, base, [donor], [None]))
    spec = spec.model_copy(update={"exclude": ("j.matrix",)})
    assert len(dict(stream_merge(spec, base, [donor], [None]))) == len(base.tensors)


@pytest.mark.parametrize("method", ["linear", "task_arithmetic", "ties", "dare_linear"])
def test_a_tensor_no_donor_touches_is_treated_as_a_delta_of_0(method: str) -> None:
    """Unnormalised weights shrink the base everywhere or nowhere, adapter or whole copy."""
    base = odd(0, torch.float32)
    zeros = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    for normalize in (None, True, False):
        spec = make_spec(
            [{"scale": 0.5}, {"scale": 0.3}], method=method, dtype="float32", normalize=normalize
        )
        silent = stream_merge(spec, base, [FakeDonor({}), FakeDonor({})], [None] * 2)
        spoken = dict(stream_merge(spec, base, [FakeDonor(zeros), FakeDonor(zeros)], [None] * 2))
        for name, tensor in silent:
            torch.testing.assert_close(tensor, spoken[name], rtol=1e-6, atol=0)
