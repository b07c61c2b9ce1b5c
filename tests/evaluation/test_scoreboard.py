"""Means, retentions and verdicts of several models, against brute force and scipy."""

import itertools

import numpy as np
import pytest
from scipy.stats import bootstrap

from obim.evaluation.scoreboard import Column, Scoreboard
from obim.evaluation.statistics import compare, wilson

MODELS = {"base": 0.1, "strong": 0.9, "weak": 0.5, "merged": 0.75, "rival": 0.6}


def columns(n: int = 120, seed: int = 3) -> dict[str, Column]:
    """Two sets of right and wrong; items are hard or easy for all models alike."""
    generator = np.random.default_rng(seed)
    found = {}
    for name, size in (("a", n), ("b", n // 2)):
        hard = generator.random(size)
        found[name] = Column(
            {m: tuple(map(float, (0.7 * hard + 0.3 * generator.random(size)) < chance))
             for m, chance in MODELS.items()},
            (1.0,) * size,
        )  # fmt: skip
    return found


def test_retention_is_the_score_over_that_of_the_donor_who_is_best_there() -> None:
    found = columns()
    board = Scoreboard(found, ["weak", "strong"])
    assert board.best_donor("a") == "strong"
    kept = board.retention("a", "merged")
    assert kept is not None
    right = {m: sum(v) for m, v in found["a"].values.items()}
    assert kept.value == pytest.approx(right["merged"] / right["strong"])
    theirs = bootstrap(
        (np.array(found["a"].values["merged"]), np.array(found["a"].values["strong"])),
        lambda x, y, axis=-1: x.sum(axis=axis) / y.sum(axis=axis),
        paired=True, n_resamples=20_000, method="percentile", random_state=1,
    ).confidence_interval  # fmt: skip
    assert (kept.low, kept.high) == pytest.approx((theirs.low, theirs.high), abs=0.015)
    own = board.retention("a", "strong")
    assert own is not None
    assert (own.value, own.low, own.high) == (1.0, 1.0, 1.0)


def test_a_mean_is_as_unsure_as_its_sets_together() -> None:
    """Against the formula written out, and by how often the truth lies within."""
    found = columns()
    board = Scoreboard(found, ["weak", "strong"])
    mean = board.overall("merged")
    assert mean is not None
    sets = [(c.score("merged"), *wilson(int(sum(c.values["merged"])), len(c.weights)))
            for c in found.values()]  # fmt: skip
    below, above = (sum((s[0] - s[at]) ** 2 for s in sets) ** 0.5 / 2 for at in (1, 2))
    assert mean.low == pytest.approx(mean.value - below)
    assert mean.high == pytest.approx(mean.value + above)
    generator, truth, within = np.random.default_rng(5), (0.03, 0.6, 0.99), 0
    for _ in range(400):
        drawn = {
            str(i): Column({"m": tuple((generator.random(40) < p).astype(float))}, (1.0,) * 40)
            for i, p in enumerate(truth)
        }
        told = Scoreboard(drawn, []).overall("m")
        assert told is not None
        within += told.low <= np.mean(truth) <= told.high
    assert within / 400 >= 0.93  # Wilson's are wide near 0 and 1


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_wrong_or_all_right_is_not_certain(value: float) -> None:
    sets = {
        name: Column({"m": (value,) * n, "d": (1.0,) * n, "b": (value,) * n}, (1.0,) * n)
        for name, n in (("a", 40), ("b", 6))
    }
    board, single = Scoreboard(sets, ["d"]), wilson(int(40 * value), 40)
    mean, kept, all_kept = (
        board.overall("m"),
        board.retention("a", "m"),
        board.mean_retention("m", "ab"),
    )
    assert mean is not None
    assert kept is not None
    assert all_kept is not None
    for found in (mean, kept, all_kept):
        assert found.value == value
        assert found.high - found.low >= (single[1] - single[0]) * 0.99
    against = board.overall_against("m", "b")
    assert against is not None
    assert against.difference.low < 0 < against.difference.high
    own = board.retention("a", "d")
    assert own is not None
    assert own.low <= 1.0 <= own.high


def test_the_mean_is_over_sets_and_wants_them_all() -> None:
    found = columns()
    board = Scoreboard(found, ["weak", "strong"])
    mean = board.overall("merged")
    assert mean is not None
    means = [np.mean(column.values["merged"]) for column in found.values()]
    assert mean.value == pytest.approx(np.mean(means))
    without = {"a": found["a"], "b": Column({"strong": found["b"].values["strong"]}, (1.0,) * 60)}
    assert Scoreboard(without, ["strong"]).overall("merged") is None
    assert Scoreboard(without, ["strong"]).mean_retention("merged", "ab") is None
    assert Scoreboard({"a": found["a"]}, []).retention("a", "merged") is None


def test_a_difference_of_means_is_paired_within_each_set() -> None:
    found = columns()
    verdict = Scoreboard(found, []).overall_against("merged", "base")
    assert verdict is not None
    gaps = [np.subtract(c.values["merged"], c.values["base"]) for c in found.values()]
    spread = np.sqrt(sum(g.var() / len(g) for g in gaps)) / 2
    mean = np.mean([g.mean() for g in gaps])
    assert verdict.difference.value == pytest.approx(mean)
    assert verdict.difference.low == pytest.approx(mean - 1.96 * spread, abs=0.025)
    assert verdict.difference.high == pytest.approx(mean + 1.96 * spread, abs=0.025)
    assert (verdict.verdict, verdict.n) == ("better", 180)
    assert verdict.needed is not None
    assert verdict.needed == pytest.approx(180 * ((1.96 + 0.8416) * spread / mean) ** 2, abs=1)


def test_a_model_is_no_better_than_itself() -> None:
    board = Scoreboard(columns(), [])
    alike = board.overall_against("merged", "merged")
    assert alike is not None
    assert (alike.p, alike.verdict, alike.needed) == (1.0, "unclear", None)


def test_one_set_has_the_same_verdict_over_all() -> None:
    gained = Column({"m": (1.0,) * 4 + (0.0,) * 36, "b": (0.0,) * 40}, (1.0,) * 40)
    board = Scoreboard({"a": gained}, [])
    assert board.overall_against("m", "b") == board.against("a", "m", "b")


def test_chance_is_as_likely_as_all_signs_counted() -> None:
    generator = np.random.default_rng(3)
    sets = {
        name: Column(
            {m: tuple(generator.integers(0, 2, n).astype(float)) for m in "mb"}, (1.0,) * n
        )
        for name, n in (("a", 9), ("b", 14))
    }
    told = Scoreboard(sets, []).overall_against("m", "b")
    gaps = [np.subtract(c.values["m"], c.values["b"]) / len(c.weights) for c in sets.values()]
    parts = np.concatenate(gaps)[np.concatenate(gaps) != 0]
    every = np.array(list(itertools.product((-1, 1), repeat=len(parts)))) @ parts
    exact = float((np.abs(every) >= abs(parts.sum()) - 1e-12).mean())
    assert told is not None
    assert told.p == pytest.approx(exact, abs=0.03)
    assert told.verdict == "unclear"


def test_single_sets_are_judged_by_the_test_of_one_set() -> None:
    found = columns()
    board = Scoreboard(found, [])
    merged, rival = found["a"].values["merged"], found["a"].values["rival"]
    assert board.against("a", "merged", "rival") == compare(merged, rival, (1.0,) * 120, share=True)
    assert board.against("a", "merged", "absent") is None


def test_losses_have_verdicts_but_no_retention() -> None:
    losses = Column({"d": (30.0, 20.0), "m": (60.0, 50.0)}, (10.0, 10.0), False, False)
    board = Scoreboard({"text": losses}, ["d"])
    assert board.retention("text", "m") is None
    assert board.overall("m") is None
    told = board.against("text", "m", "d")
    assert told is not None
    assert told.difference.value == pytest.approx(3.0)
