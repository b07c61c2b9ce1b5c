"""Interference of donors against plain Python: sorted lists, sets of positions, and scipy."""

from fractions import Fraction
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import hypergeom

from obim.insight.findings import find_contests
from obim.insight.interference import Place, compare_tensor, comparing
from obim.insight.pairs import Comparison, TensorInterference, blind
from obim.merging.plan import Plan
from obim.types import MergeSpec
from tests.merging.fakes import FakeBase, FakeDonor, make_base, make_donors, make_spec, make_stats
from tests.merging.twin import half_up, lines, owners, ranks

DONORS = ({"density": 0.4, "scale": 1.5}, {"density": 0.25}, {"density": 0.3, "scale": -0.7})
Sets = dict[str, list[set[int]]]


def case(**more: Any) -> tuple[MergeSpec, FakeBase, list[FakeDonor], Any]:
    base = make_base()
    donors = make_donors(base, 3)
    donors[1].deltas["b.bias"] = None  # one that can't change a tensor
    return make_spec(list(DONORS), **more), base, donors, make_stats(base, 3)


def compared(
    spec: MergeSpec, base: FakeBase, donors: list[FakeDonor], stats: Any
) -> dict[str, TensorInterference]:
    plan = Plan(comparing(spec), base, stats)
    return {
        name: compare_tensor(plan, base.read(name), donors, Place(name, None, name))
        for name in plan.names
    }


def claimable(spec: MergeSpec, base: FakeBase, donor: FakeDonor, k: int, name: str) -> set[int]:
    delta, w0 = donor.deltas[name], base.values[name].float()
    if delta is None:
        return set()
    dtype = getattr(torch, spec.dtype)
    changed = (w0 + delta * spec.donors[k].scale).to(dtype) != w0.to(dtype)
    return {i for i, yes in enumerate(changed.flatten().tolist()) if yes}


def top_sets(
    spec: MergeSpec, base: FakeBase, donors: list[FakeDonor], stats: Any, can: Sets
) -> Sets:
    """What each donor would take if it were alone, by sorting."""
    found: Sets = {}
    for name, info in base.tensors.items():
        found[name] = []
        for k, donor in enumerate(donors):
            chosen: set[int] = set()
            if (delta := donor.deltas[name]) is not None:
                rank = ranks(spec, delta, stats[k], name)
                for line in lines(name, info.shape, spec.scope):
                    n = half_up(len(line) * Fraction(str(spec.donors[k].density)))
                    free = [i for i in line if i in can[name][k]]
                    chosen |= set(sorted(free, key=lambda i: rank[i], reverse=True)[:n])
            found[name].append(chosen)
    return found


@pytest.mark.parametrize("scope", ["tensor", "row"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_every_sum_is_what_plain_python_counts(scope: str, dtype: str) -> None:
    spec, base, donors, stats = case(scope=scope, dtype=dtype)
    can = {
        name: [claimable(spec, base, donor, k, name) for k, donor in enumerate(donors)]
        for name in base.tensors
    }
    top = top_sets(spec, base, donors, stats, can)
    owner = owners(spec, base, donors, stats)
    whose = {t: (t - 1 + (t - 1) // 3) % 3 for t in range(1, spec.turns + 1)}
    for name, part in compared(spec, base, donors, stats).items():
        there = [k for k in range(3) if donors[k].deltas[name] is not None]
        assert part.donors == tuple(there)
        got = [{i for i, t in enumerate(owner[name]) if t and whose[t] == k} for k in range(3)]
        for x, a in enumerate(there):
            rank = ranks(spec, donors[a].deltas[name], stats[a], name)
            flat = [tier * s for tier, s in rank]  # the second tier has saliency 0
            others = set().union(*(top[name][b] for b in there if b != a))
            crowd = top[name][a] & others
            assert part.crowded[x] == len(crowd)
            assert part.contested[x] == pytest.approx(sum(flat[i] for i in crowd))
            assert part.gained[x] == pytest.approx(sum(flat[i] for i in got[a]))
            for y, b in enumerate(there):
                da = donors[a].deltas[name].double().flatten() * spec.donors[a].scale
                db = donors[b].deltas[name].double().flatten() * spec.donors[b].scale
                both = top[name][a] & top[name][b]
                fights = [i for i in both if float(da[i]) * float(db[i]) < 0]
                lost = [i for i in top[name][a] if i in got[b]]
                assert part.products[x][y] == pytest.approx(float((da * db).sum()), abs=1e-6)
                assert part.claimable[x][y] == len(can[name][a] & can[name][b])
                assert part.wanted[x][y] == len(both)
                assert part.opposed[x][y] == len(fights)
                assert part.shared[x][y] == pytest.approx(sum(flat[i] for i in both))
                assert part.lost[x][y] == pytest.approx(sum(flat[i] for i in lost))


def test_global_scope_is_compared_within_each_tensor() -> None:
    spec, base, donors, stats = case(scope="global")
    assert compared(spec, base, donors, stats) == compared(
        spec.model_copy(update={"scope": "tensor"}), base, donors, stats
    )


def test_a_tensor_that_nobody_can_change_is_told_and_empty() -> None:
    spec, base, donors, stats = case()
    for donor in donors:
        donor.deltas["norm.weight"] = None
    part = compared(spec, base, donors, stats)["norm.weight"]
    assert (part.donors, part.positions) == ((), 16)


@pytest.mark.parametrize(("total", "first", "second"), [(50, 20, 12), (8, 5, 3), (9, 2, 4)])
def test_chance_is_hypergeometric_where_all_can_claim_the_same(
    total: int, first: int, second: int
) -> None:
    expected, variance = blind(np.full((2, 2), float(total)), np.array([first, second], float))
    truth = hypergeom(total, first, second)
    assert expected[0, 1] == pytest.approx(truth.mean())
    assert variance[0, 1] == pytest.approx(truth.var())
    assert variance[1, 0] == pytest.approx(truth.var())


def test_chance_where_donors_can_claim_different_positions() -> None:
    """Every pick of 3 of positions 0..5 against every pick of 2 of positions 2..6."""
    shared = [
        len(set(a) & set(b))
        for a in combinations(range(6), 3)
        for b in combinations(range(2, 7), 2)
    ]
    can = np.array([[6.0, 4.0], [4.0, 5.0]])
    expected, variance = blind(can, np.array([3.0, 2.0]))
    assert expected[0, 1] == pytest.approx(np.mean(shared))
    assert variance[0, 1] == pytest.approx(np.var(shared))
    assert variance[1, 0] == pytest.approx(np.var(shared))


@pytest.mark.parametrize("comparable", [False, True])
def test_tensors_add_up(comparable: bool) -> None:
    spec, base, donors, stats = case()
    parts = list(compared(spec, base, donors, stats).values())
    whole = Comparison(parts, 3, comparable)
    flat = [
        torch.cat(
            [
                (torch.zeros(base.tensors[n].numel) if d.deltas[n] is None else d.deltas[n])
                .double()
                .flatten()
                for n in base.tensors
            ]
        )
        for d in donors
    ]
    cosine = torch.nn.functional.cosine_similarity(flat[0], -flat[2], dim=0)  # its scale is < 0
    assert whole.cosine(0, 2) == pytest.approx(float(cosine))
    assert whole.positions == sum(info.numel for info in base.tensors.values())
    both = sum(p.wanted[0][-1] for p in parts)
    size = min(sum(p.wanted[k][k] for p in parts) for k in (0, -1))
    overlap = whole.overlap(0, 2)
    assert overlap is not None
    assert overlap.share == pytest.approx(both / size)
    means = [p.wanted[0][0] * p.wanted[-1][-1] * p.claimable[0][-1]
             / (p.claimable[0][0] * p.claimable[-1][-1]) for p in parts]  # fmt: skip
    assert overlap.chance == pytest.approx(sum(means) / size)
    assert whole.conflict(0, 2) == pytest.approx(sum(p.opposed[0][-1] for p in parts) / both)
    # within a tensor as a share, then by squared change; or as it is
    factor = [1.0 if comparable else p.products[0][0] / p.shared[0][0] for p in parts]
    total = sum(f * p.shared[0][0] for f, p in zip(factor, parts, strict=True))

    def share(values: list[float]) -> float:
        return sum(f * v for f, v in zip(factor, values, strict=True)) / total

    assert whole.contested(0) == pytest.approx(share([p.contested[0] for p in parts]))
    assert whole.contested(0, 2) == pytest.approx(share([p.shared[0][-1] for p in parts]))
    assert whole.lost(0, 2) == pytest.approx(share([p.lost[0][-1] for p in parts]))
    given = share([p.shared[0][0] - p.gained[0] for p in parts])
    assert whole.given_up(0) == pytest.approx(given)
    assert 0 < given < whole.lost(0, 1) + whole.lost(0, 2)  # some is made up for


def test_a_donor_of_nothing_has_no_figures() -> None:
    spec, base, donors, stats = case()
    donors[0] = FakeDonor({name: torch.zeros(t.shape) for name, t in base.tensors.items()})
    whole = Comparison(list(compared(spec, base, donors, stats).values()), 3, False)
    assert whole.cosine(0, 1) is None
    assert whole.overlap(0, 1) is None
    assert whole.conflict(0, 1) is None
    assert whole.contested(0) is None
    assert whole.given_up(0) is None
    assert whole.given_up(1) is not None


def part(layer: int | None, module: str, both: int, opposed: int = 0) -> TensorInterference:
    """Two donors that want 40 positions each of 100, saliency 1 a position."""
    return TensorInterference(
        tensor=f"{layer}.{module}", layer=layer, module=module, positions=100, donors=(0, 1),
        products=((40.0, 0.0), (0.0, 40.0)), claimable=((100, 100), (100, 100)),
        wanted=((40, both), (both, 40)), opposed=((0, opposed), (opposed, 0)),
        shared=((40.0, both), (both, 40.0)), lost=((40.0, 0.0), (0.0, 40.0)),
        crowded=(both, both), contested=(both, both), gained=(40.0, 40.0),
    )  # fmt: skip


def test_neighbouring_layers_of_a_module_are_one_finding() -> None:
    ups = [part(i, "up", 30 if i in (2, 3, 4, 9) else 4, opposed=15) for i in range(12)]
    downs = [part(i, "down", 4) for i in range(12)]
    found = find_contests([*downs, *ups, part(None, "embed", 20)], 2, comparable=True)
    told = [(one.module, one.layers, len(one.tensors)) for one in found]
    assert told == [("up", (2, 4), 3), ("up", (9, 9), 1), ("embed", None, 1)]
    assert found[0].pair == (0, 1)
    assert found[0].strongest in found[0].tensors
    assert found[0].worth == pytest.approx(3 * 30 / (25 * 40))
    assert found[0].figures.both_want(0, 1) == (pytest.approx(0.3), pytest.approx(0.16))
    assert found[0].figures.conflict(0, 1) == pytest.approx(0.5)
    overlap = found[0].figures.overlap(0, 1)
    assert overlap is not None
    assert overlap.beyond == pytest.approx((90 - 48) / sqrt(3 * hypergeom(100, 40, 40).var()))


def test_layers_that_contest_alike_are_one_finding() -> None:
    found = find_contests([part(i, "up", 10) for i in range(5)], 2, comparable=False)
    assert [one.layers for one in found] == [(0, 4)]


def test_no_finding_where_nothing_is_contested() -> None:
    assert find_contests([part(0, "up", 0)], 2, comparable=True) == []
