"""Kernels against a stable sort: exact top-n, ties, rows, joint ranking, threads."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from obim.merging.kernels import (
    allotment,
    claim,
    claim_jointly,
    claim_rows,
    over_tensors,
    saliency_of,
    sort_keys,
)
from obim.merging.queueing import Queue

CHUNK = 1 << 16


def claim_reference(keys: np.ndarray, owner: np.ndarray, n: int, turn: int) -> int:
    """What `claim` does, by a stable sort in torch: the oracle."""
    ranks = torch.from_numpy(keys.astype(np.int64))
    free = (ranks > 0) & (torch.from_numpy(owner) == 0)
    order = torch.argsort(torch.where(free, ranks, 0), descending=True, stable=True)
    picked = order[: max(0, min(n, int(free.sum())))]
    owner[picked.numpy()] = turn
    return len(picked)


def random_keys(rng: np.random.Generator, size: int, kind: str) -> np.ndarray:
    if kind == "few":
        return rng.integers(0, 4, size).astype(np.uint32)
    if kind == "wide":
        return rng.integers(0, 2**32, size, dtype=np.uint32)
    if kind == "edges":
        return rng.choice(np.array([0, 1, 2**20 - 1, 2**20, 2**31, 2**32 - 1], np.uint32), size)
    saliency = torch.from_numpy(rng.standard_normal(size).astype(np.float32) ** 2)
    return sort_keys(saliency) * (rng.random(size) < 0.7).astype(np.uint32)


KINDS = ["few", "wide", "edges", "saliency"]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(0, 400),
    kind=st.sampled_from(KINDS),
    wants=st.lists(st.integers(0, 150), max_size=6),
)
def test_claim_is_the_stable_sort(seed: int, size: int, kind: str, wants: list[int]) -> None:
    keys = random_keys(np.random.default_rng(seed), size, kind)
    ours, theirs = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    for turn, n in enumerate(wants, 1):
        assert claim(keys, ours, n, turn) == claim_reference(keys, theirs, n, turn)
        np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=5),
    kind=st.sampled_from(KINDS),
    n=st.integers(0, 200),
)
def test_joint_claim_is_the_claim_of_one_long_tensor(
    seed: int, sizes: list[int], kind: str, n: int
) -> None:
    rng = np.random.default_rng(seed)
    keys = [random_keys(rng, size, kind) for size in sizes]
    owners = [(rng.random(size) < 0.3).astype(np.uint8) for size in sizes]
    whole = np.concatenate(owners)
    total = claim_reference(np.concatenate(keys), whole, n, 7)
    claimed = claim_jointly(keys, owners, n, 7)
    np.testing.assert_array_equal(np.concatenate(owners), whole)
    assert claimed == [int((o == 7).sum()) for o in owners]
    assert sum(claimed) == total


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 9),
    columns=st.integers(1, 30),
    kind=st.sampled_from(KINDS),
    n=st.integers(0, 12),
    transposed=st.booleans(),
)
def test_rows_are_claimed_one_by_one(
    seed: int, rows: int, columns: int, *, kind: str, n: int, transposed: bool
) -> None:
    rng = np.random.default_rng(seed)
    keys = random_keys(rng, rows * columns, kind).reshape(rows, columns)
    ours = (rng.random((rows, columns)) < 0.2).astype(np.uint8)
    theirs = ours.copy()
    expected = sum(
        claim_reference(np.ascontiguousarray(keys[r]), theirs[r], n, 5) for r in range(rows)
    )
    if transposed:
        stored = np.ascontiguousarray(ours.T)
        assert claim_rows(np.ascontiguousarray(keys.T).T, stored.T, n, 5) == expected
        ours = stored.T
    else:
        assert claim_rows(keys, ours, n, 5) == expected
    np.testing.assert_array_equal(ours, theirs)


def test_result_does_not_depend_on_threads() -> None:
    rng = np.random.default_rng(5)
    keys = [random_keys(rng, size, "few") for size in (70_000, 3, 20_000, 50_000)]
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            owners = [np.zeros(k.size, np.uint8) for k in keys]
            claimed = [claim_jointly(keys, owners, 30_000, turn) for turn in range(1, 5)]
            results.append((np.concatenate(owners).tobytes(), claimed))
    finally:
        torch.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def test_an_error_in_one_tensor_ends_the_others() -> None:
    before = torch.get_num_threads()
    done: list[int] = []

    def work(i: int) -> None:
        if i == 0:
            raise KeyError(i)
        done.append(i)

    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            with pytest.raises(KeyError):
                over_tensors(work, range(2000))
    finally:
        torch.set_num_threads(before)
    assert len(done) < 1999


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.tuples(
            st.floats(0, float(np.float32(3e38)), width=32),
            st.booleans(),
            st.floats(-(2.0**99), 2.0**99, width=32),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_keys_order_by_tier_then_value(
    values: list[tuple[float, bool, float]],
) -> None:
    saliency, primary, delta = (torch.tensor(c) for c in zip(*values, strict=True))
    keys = sort_keys(saliency, primary, delta)
    assert (keys > 0).all()
    ranks = [(p, s if p else abs(d)) for s, p, d in values]
    for i, a in enumerate(ranks):
        for j, b in enumerate(ranks):
            assert (keys[i] < keys[j]) == (a < b)


def test_one_tier_ranks_as_the_first_of_two() -> None:
    saliency, yes = torch.tensor([0.0, -0.0, 1e-45, 2.0]), torch.ones(4, dtype=torch.bool)
    np.testing.assert_array_equal(sort_keys(saliency), sort_keys(saliency, yes, torch.zeros(4)))
    assert sort_keys(saliency)[0] == sort_keys(saliency)[1]


def test_saliency_is_read_back_from_keys() -> None:
    saliency = torch.tensor([0.0, 1e-42, 3e-8, 2.5, 7e20, 1.0])
    seen = torch.tensor([True, True, False, True, True, True])
    keys = sort_keys(saliency, seen, torch.full((6,), 0.1))
    keys[5] = 0
    expected = [0.0, float(saliency[1]), 0.0, 2.5, float(saliency[4]), 0.0]
    assert saliency_of(keys).tolist() == expected
    both = np.stack([keys, keys[::-1]])
    assert saliency_of(both).tolist() == [expected, expected[::-1]]
    assert saliency_of(both.T).T.tolist() == [expected, expected[::-1]]


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_keys_refuse_what_is_no_saliency(bad: float) -> None:
    with pytest.raises(ValueError, match="saliency"):
        sort_keys(torch.tensor([1.0, bad]))


def test_second_tier_needs_its_delta() -> None:
    yes = torch.ones(2, dtype=torch.bool)
    with pytest.raises(ValueError, match="delta"):
        sort_keys(torch.ones(2), yes)


@given(
    density=st.floats(0, 1) | st.sampled_from([0.1, 0.2, 0.3, 0.25, 0.15, 0.65, 1 / 3]),
    numel=st.integers(0, 10**9),
    rounds=st.integers(1, 255),
)
def test_allotments_add_up_half_up(density: float, numel: int, rounds: int) -> None:
    whole = (Decimal(repr(density)) * numel).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    each = [allotment(density, numel, r, rounds) for r in range(1, rounds + 1)]
    assert sum(each) == int(whole)
    assert max(each) - min(each) <= 1


def test_allotment_rounds_exact_decimals_half_up() -> None:
    assert allotment(0.15, 10, 1, 1) == 2  # 1.5; as a binary fraction 0.15 is less
    assert allotment(0.35, 10, 1, 1) == 4
    assert [allotment(0.5, 5, r, 2) for r in (1, 2)] == [1, 2]  # h(1.25), h(2.5) = 3
    assert allotment(0.145, 100, 1, 1) == 15


@given(
    seed=st.integers(0, 10**6),
    size=st.integers(0, 3000),
    kinds=st.lists(st.sampled_from(["few", "wide", "edges", "saliency"]), min_size=1, max_size=4),
    densities=st.lists(st.floats(0, 0.5), min_size=4, max_size=4),
    rounds=st.integers(1, 12),
)
def test_a_queue_claims_what_passes_over_the_keys_claim(
    seed: int, size: int, kinds: list[str], densities: list[float], rounds: int
) -> None:
    rng = np.random.default_rng(seed)
    keys = [random_keys(rng, size, kind) for kind in kinds]
    wanted = [
        [allotment(densities[k], size, r, rounds) for k in range(len(keys))]
        for r in range(1, rounds + 1)
    ]
    reach = sum(map(sum, wanted))
    queues = [Queue(own, reach) for own in keys]
    queued, passed = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    turn = 0
    for each in wanted:
        for k, n in enumerate(each):
            turn += 1
            assert queues[k].claim(queued, n, turn) == claim(keys[k], passed, n, turn)
            np.testing.assert_array_equal(queued, passed)


@pytest.mark.parametrize("kind", KINDS)
def test_claims_of_a_large_tensor_turn_after_turn(kind: str) -> None:
    keys = random_keys(np.random.default_rng(3), 3 * CHUNK + 17, kind)
    ours, theirs = np.zeros(keys.size, np.uint8), np.zeros(keys.size, np.uint8)
    for turn, n in enumerate([1, 1000, CHUNK, CHUNK + 5], 1):
        assert claim(keys, ours, n, turn) == claim_reference(keys, theirs, n, turn)
        np.testing.assert_array_equal(ours, theirs)
