"""Donors switched off: exact at every position, only what changed is written, and back again."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from obim.merging.switching import Off, differing
from tests.merging.test_engine import make_base, make_donors, make_spec, prepared


def off(of: Mapping[str, set[int]]) -> Off:
    return lambda name: frozenset(of.get(name, ()))


NOBODY = off({})
SOME = off({"a.weight": {1}, "b.bias": {0, 2}})
OTHERS = off({"a.weight": {0, 1}, "norm.weight": {2}})
VIEWS = [(0, NOBODY), (5, NOBODY), (5, SOME), (9, SOME), (9, OTHERS), (9, NOBODY), (2, OTHERS)]


def bits(tensor: Tensor) -> Tensor:
    return tensor.view({2: torch.int16, 4: torch.int32}[tensor.element_size()])


def by_hand(merge: object, name: str, upto: int, without: frozenset[int]) -> Tensor:
    """The brute-force twin: one position at a time, from the owner map and the donors' values."""
    base = merge._base.read(name).to(merge._plan.dtype).reshape(-1).clone()  # type: ignore[attr-defined]
    donor_of = {v.number: v.donor for v in merge._plan.visits}  # type: ignore[attr-defined]
    for i, turn in enumerate(merge.owner[name]):  # type: ignore[attr-defined]
        if 0 < turn <= upto and donor_of[int(turn)] not in without:
            base[i] = merge._candidates[donor_of[int(turn)]][name][i]  # type: ignore[attr-defined]
    return base


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_each_view_is_bit_equal_to_one_built_position_by_position(dtype: str) -> None:
    base = make_base()
    merge = prepared(make_spec([{"density": 0.4}] * 3, dtype=dtype), base, make_donors(base, 3))
    list(merge.iterate())
    live = {name: bits(merge.tensor(name, 0)) for name in merge.names}
    was = (0, NOBODY)
    for now in VIEWS + VIEWS[::-1]:
        before = dict(live)
        written = dict(merge.changed(was[0], now[0], was[1], now[1]))
        live |= {name: bits(tensor) for name, tensor in written.items()}
        for name in merge.names:
            twin = bits(by_hand(merge, name, now[0], now[1](name)))
            assert torch.equal(live[name].reshape(-1), twin)
            assert torch.equal(before[name], live[name]) == (name not in written)
        was = now


def test_off_and_on_again_gives_the_same_bits() -> None:
    base = make_base()
    merge = prepared(make_spec([{"density": 0.4}] * 3), base, make_donors(base, 3))
    list(merge.iterate())
    first = {name: merge.tensor(name) for name in merge.names}
    live = dict(first)
    live |= dict(merge.changed(merge.turn, now=SOME))
    assert any(not torch.equal(live[name], first[name]) for name in first)
    live |= dict(merge.changed(merge.turn, was=SOME))
    assert all(torch.equal(live[name], first[name]) for name in first)


def test_a_donor_that_owns_nothing_somewhere_changes_nothing_there() -> None:
    base = make_base()
    merge = prepared(make_spec([{"density": 0.4}, {"density": 0.0}]), base, make_donors(base, 2))
    list(merge.iterate())
    everywhere = off({name: {1} for name in merge.names})
    assert list(merge.changed(merge.turn, now=everywhere)) == []
    names = differing(
        merge._plan.visits,
        {name: np.bincount(o, minlength=256) for name, o in merge.owner.items()},
        (merge.turn, everywhere),
        (0, NOBODY),
    )
    assert set(names) == {name for name, o in merge.owner.items() if o.any()}
