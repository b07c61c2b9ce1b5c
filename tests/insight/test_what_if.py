"""Figures of other settings against plain sums over the twin's owner map, and a sample of all."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from obim.insight import orders as trying
from obim.insight.orders import SOME, orders_of, try_orders
from obim.insight.sampling import LEAST, Sample, draw_sample
from obim.insight.what_if import Stakes, Whole, predict, stakes
from obim.merging import obim as claiming
from obim.merging import pieces
from obim.merging.engine import Merge
from obim.merging.plan import Plan
from obim.types import MergeSpec
from tests.merging.fakes import FakeBase, FakeDonor, make_base, make_donors, make_spec, make_stats
from tests.merging.twin import lines, owners

SETTINGS: list[dict[str, Any]] = [
    {"scope": "tensor", "rotate": False, "rounds": 1},
    {"scope": "tensor"},
    {"scope": "row"},
    {"scope": "global"},
    {"scope": "tensor", "estimator": "magnitude"},
]


class RowBase(FakeBase):
    """A base of which rows can be read."""

    def read(self, name: str, rows: slice | None = None) -> Tensor:
        return super().read(name) if rows is None else self.values[name][rows].clone()


def made(**more: Any) -> tuple[MergeSpec, RowBase, list[FakeDonor], Any]:
    base = RowBase(make_base().values)
    donors = make_donors(base, 3)
    donors[1].deltas["b.bias"] = None
    spec = make_spec([{"density": 0.4}, {"density": 0.3, "scale": 1.5}, {"density": 0.5}], **more)
    return spec, base, donors, make_stats(base, 3)


def run(steps: Any) -> Any:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def saliencies(spec: MergeSpec, delta: Tensor, stats: Any, name: str) -> list[float]:
    """1/2 H D^2, written out; entries of rows never seen weigh nothing."""
    if spec.estimator == "magnitude":
        return (0.5 * delta.double() ** 2).flatten().tolist()
    curvature = stats.tensors[name].curvature[0].double().expand(delta.shape)
    return (0.5 * curvature * delta.double() ** 2).flatten().tolist()


def top(spec: MergeSpec, base: FakeBase, donors: list[FakeDonor], stats: Any, k: int) -> set[Any]:
    """Donor k's top-density set: what it claims when it is alone and the others want nothing."""
    kept = tuple(
        donor.model_copy(update={} if i == k else {"density": 0.0})
        for i, donor in enumerate(spec.donors)
    )
    alone = spec.model_copy(update={"donors": kept, "rounds": 1})
    found = owners(alone, base, donors, stats)
    return {(name, i) for name, own in found.items() for i, turn in enumerate(own) if turn}


@pytest.mark.parametrize("more", SETTINGS)
def test_figures_equal_sums_written_out(more: dict[str, Any]) -> None:
    spec, base, donors, stats = made(**more)
    plan = Plan(spec, base, stats)
    found: Stakes = run(stakes(plan, base, donors, Whole()))
    twin, K = owners(spec, base, donors, stats), len(donors)
    tops = [top(spec, base, donors, stats, k) for k in range(K)]

    def donor_of(turn: int) -> int:
        r, i = -(-turn // K), (turn - 1) % K
        return (i + r - 1) % K if spec.rotate else i

    for k in range(K):
        gone = []
        for name in base.tensors:
            delta = donors[k].deltas[name]
            if delta is None:
                assert k not in found[name]
                continue
            s = saliencies(spec, delta, stats[k], name)
            mine = [t > 0 and donor_of(t) == k for t in twin[name]]
            rivals = [any((name, i) in tops[j] for j in range(K) if j != k) for i in range(len(s))]
            fought = [(name, i) in tops[k] and rivals[i] for i in range(len(s))]
            want = (
                sum(mine),
                sum(s),
                sum(x for x, m in zip(s, mine, strict=True) if m),
                sum(x for x, f in zip(s, fought, strict=True) if f),
                sum(x for x, f, m in zip(s, fought, mine, strict=True) if f and not m),
            )
            got = found[name][k]
            assert (got.owned, got.whole, got.held, got.contested, got.lost) == pytest.approx(
                want, rel=1e-5, abs=1e-12
            )
            gone.append((want[1] - want[2], want[1]))
        told = predict(plan, found, k)
        if spec.estimator == "magnitude":  # one unit for all tensors
            share = sum(g for g, _ in gone) / sum(s for _, s in gone)
            assert told.rise == pytest.approx(sum(g for g, _ in gone), rel=1e-5)
        else:
            share = sum(g / s for g, s in gone) / len(gone)
            assert told.rise is None
        assert told.lost == pytest.approx(share, rel=1e-5)


def drawn(steps: Iterator[Sample | float]) -> Sample:
    *_, last = steps
    assert isinstance(last, Sample)
    return last


@pytest.mark.parametrize("more", SETTINGS)
def test_a_sample_of_everything_is_exact(more: dict[str, Any]) -> None:
    spec, base, donors, stats = made(**more)
    sample = drawn(draw_sample(spec, base, donors, stats))
    assert sample.every == 1
    small = Plan(spec, sample.base, list(sample.stats))
    assert set(sample.weights.values()) == {1.0}
    assert run(stakes(small, sample.base, list(sample.donors), Whole())) == run(
        stakes(Plan(spec, base, stats), base, donors, Whole())
    )


def test_rows_that_are_drawn_are_those_of_the_whole() -> None:
    """By row, each row's claims are those it has in the whole model, a Conv1D's columns too."""
    spec, base, donors, stats = made(scope="row")
    sample = drawn(draw_sample(spec, base, donors, stats, room=300))
    assert sample.every > 1
    whole = run(stakes(Plan(spec, base, stats), base, donors, Whole()))
    small = run(
        stakes(Plan(spec, sample.base, list(sample.stats)), sample.base, sample.donors, Whole())
    )
    for name, info in sample.base.tensors.items():
        axis = 1 if "c_attn" in name else 0
        full = base.tensors[name].shape
        if len(full) == 1:
            assert info.shape == full
            assert small[name] == whole[name]
            continue
        assert LEAST <= info.shape[axis] < full[axis]
        assert sample.weights[name] == full[axis] / info.shape[axis]
        rows = find_rows(base.values[name], sample.base.read(name), axis)
        for k in range(3):
            s = saliencies(spec, donors[k].deltas[name], stats[k], name)
            part = torch.tensor(s).reshape(full).index_select(axis, rows)
            assert small[name][k].whole == pytest.approx(float(part.sum()), rel=1e-5)
            flat = {i for row in rows.tolist() for i in lines(name, full, "row")[row]}
            turns = owners(spec, base, donors, stats)[name]
            mine = {t for t in range(1, 13) if ((t - 1) % 3 + -(-t // 3) - 1) % 3 == k}
            assert small[name][k].owned == sum(turns[i] in mine for i in flat)


def find_rows(whole: Tensor, part: Tensor, axis: int) -> Tensor:
    own, few = (whole.T, part.T) if axis else (whole, part)
    return torch.tensor([next(i for i, w in enumerate(own) if torch.equal(w, r)) for r in few])


def test_a_scale_of_nothing_and_a_density_of_nothing_give_everything_up() -> None:
    _, base, donors, stats = made()
    spec = make_spec([{"scale": 0.0}, {"density": 0.0}, {}])
    plan = Plan(spec, base, stats)
    found: Stakes = run(stakes(plan, base, donors, Whole()))
    assert [predict(plan, found, k).lost for k in (0, 1)] == [1.0, 1.0]
    assert predict(plan, found, 0).owned == predict(plan, found, 1).owned == 0
    assert predict(plan, found, 2).lost < 1


@pytest.mark.parametrize("more", [*SETTINGS, {"rotate": False}])
def test_orders_equal_merges_of_a_spec_in_that_order(more: dict[str, Any]) -> None:
    spec, base, donors, stats = made(**more)
    orders = orders_of(3, 0)
    assert len(set(orders)) == 6
    found = run(try_orders(Plan(spec, base, stats), base, donors, orders, Whole()))
    maps = []
    for order in orders:
        own = spec.model_copy(update={"donors": tuple(spec.donors[i] for i in order)})
        merge = Merge(own, base, [donors[i] for i in order], [stats[i] for i in order])
        list(merge.prepare())
        owner = {name: [0] * base.tensors[name].numel for name in merge.names}
        for turn in merge.iterate():
            for name in merge.names:
                for i, t in enumerate(merge.owner[name].tolist()):
                    if t == turn.number:
                        owner[name][i] = 1 + order[turn.donor]
        maps.append([o for name in merge.names for o in owner[name]])
    for own, figures in zip(maps, found.orders, strict=True):
        pairs = [(a, b) for a, b in zip(maps[0], own, strict=True) if a or b]
        assert figures.differs == sum(a != b for a, b in pairs) / len(pairs)
        assert figures.owned == tuple(own.count(1 + k) for k in range(3))
    claimed = [set(owned) for owned in zip(*maps, strict=True) if any(owned)]
    assert found.same == sum(len(owned) == 1 for owned in claimed) / len(claimed)
    plan = Plan(spec, base, stats)
    usual = run(stakes(plan, base, donors, Whole()))
    told = [predict(plan, usual, k).lost for k in range(3)]
    assert found.orders[0].lost == pytest.approx(told, rel=1e-6)


def test_one_round_without_turns_changing_hands_depends_on_the_order() -> None:
    _, base, donors, stats = made()
    alike = [donors[0]] * 3  # all want the same positions
    spec = make_spec(3, rounds=1, rotate=False)
    orders = orders_of(3, 0)
    found = run(try_orders(Plan(spec, base, [stats[0]] * 3), base, alike, orders, Whole()))
    assert found.orders[0].differs == 0
    assert max(one.differs for one in found.orders) > 0.9
    assert found.same < 0.1


def test_many_donors_have_some_orders() -> None:
    found = orders_of(6, 3)
    assert len(found) == len(set(found)) == SOME
    assert found[0] == tuple(range(6))
    assert found == orders_of(6, 3) != orders_of(6, 4)


def test_orders_of_the_whole_model_begin_one_count_a_tensor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec, base, donors, stats = made(scope="global")
    begun = []

    class Counted(trying._Seen):
        def __init__(self, *given: Any) -> None:
            begun.append(given)
            super().__init__(*given)

    monkeypatch.setattr(trying, "_Seen", Counted)
    plan = Plan(spec, base, stats)
    run(try_orders(plan, base, donors, orders_of(3, 0), Whole()))
    assert len(begun) == len(plan.names)


class GivenUp(Exception):
    pass


@pytest.mark.parametrize("scope", ["tensor", "row", "global"])
@pytest.mark.parametrize("trying", [False, True])
def test_work_is_given_up_within_a_tensor(
    monkeypatch: pytest.MonkeyPatch, scope: str, trying: bool
) -> None:
    """One tensor of two rows, a row a block: whenever a stop comes, no figure is told any more."""
    monkeypatch.setattr(pieces, "BLOCK", 1)
    monkeypatch.setattr(claiming, "QUEUES", 0)  # as with a large tensor
    base = RowBase({"w": torch.ones(2, 8)})
    donors = [FakeDonor({"w": torch.rand(2, 8, generator=made_by(k)) + 0.1}) for k in (1, 2)]
    spec = make_spec(2, scope=scope, rounds=2, estimator="magnitude")
    plan = Plan(spec, base, [None, None])

    def figures(check: Any) -> Iterator[float]:
        if trying:
            return try_orders(plan, base, donors, orders_of(2, 0), Whole(), check=check)
        return stakes(plan, base, donors, Whole(), check)

    asked = []
    *_, last = figures(lambda: asked.append(1))
    assert last == 1
    turns, blocks, orders = 4, 2, 2 if trying else 1
    assert len(asked) >= blocks + turns * orders
    for stop in range(1, len(asked) + 1):
        left = iter(range(stop - 1))

        def check(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise GivenUp

        told = []
        with pytest.raises(GivenUp):
            told.extend(iter(figures(check)))
        assert 1 not in told


def made_by(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
