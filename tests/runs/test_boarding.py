"""Verdicts and standings of a run, and that a picture of the run is quick to ask for again."""

import time
from operator import gt, lt
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from obim.runs.boarding import Boards, Entry, rival
from obim.runs.scorebook import Scorebook
from obim.runs.scored import GateState, IntervalState, ScoreState
from obim.runs.switches import past_label, past_turn
from obim.types import ItemResult

CHANCE = {"base": 0.1, "d1": 0.8, "d2": 0.3, "merged": 0.7, "ties": 0.5, "obim:tuned": 0.7,
          "ties:tuned": 0.6}  # fmt: skip
OWNERS = {"a": "d1", "b": "d2"}


def right(model: str, skill: str, n: int) -> dict[str, float]:
    seed = sum(map(ord, model + skill))
    return dict(
        zip(
            (f"{skill}{i}" for i in range(n)),
            map(float, np.random.default_rng(seed).random(n) < CHANCE[model]),
            strict=True,
        )
    )


def event(model: str, skill: str, n: int = 40, turn: int | None = None) -> dict[str, Any]:
    items = right(model, skill, n)
    score = ScoreState(
        skill=skill, model=model, turn=turn, quick=True, evaluator="exact_match", n=n,
        score=sum(items.values()) / n, low=0.0, high=1.0, mean_tokens=9.0,
    )  # fmt: skip
    return {"event": "score", "score": score.model_dump(), "items": items}


@pytest.fixture
def book() -> Scorebook:
    made = Scorebook()
    for skill in ("a", "b"):
        for model in CHANCE:
            made.note_score(event(model, skill, turn=3 if model == "merged" else None))
    return made


def test_the_merge_is_judged_against_every_model_on_the_same_items(book: Scorebook) -> None:
    fields = book.fields(3, ["d1", "d2"], OWNERS)
    told = {(v.skill, v.model, v.against): v for v in fields["verdicts"]}
    for rival_ in ("base", "d1", "d2", "ties", "obim:tuned"):
        for skill in ("a", "b"):
            mine, theirs = right("merged", skill, 40), right(rival_, skill, 40)
            up = sum(mine[i] > theirs[i] for i in mine)
            down = sum(mine[i] < theirs[i] for i in mine)
            verdict = told[skill, "merged", rival_]
            assert verdict.p == pytest.approx(binomtest(up, up + down).pvalue)
            assert verdict.difference.value == pytest.approx((up - down) / 40)
        assert told["", "merged", rival_].n == 80
    assert told["a", "ties", "base"].verdict == "better"
    assert ("a", "obim:tuned", "ties:tuned") in told
    assert ("a", "merged", "ties:tuned") not in told


def test_who_is_judged_beside_whom() -> None:
    models = ["base", "merged", "ties:tuned", "obim:tuned"]
    assert [rival(m, models) for m in models] == ["merged", None, "obim:tuned", "merged"]
    assert rival("ties:tuned", models[:3]) == "merged"


def test_retention_is_of_the_best_donor(book: Scorebook) -> None:
    kept = {(s.skill, s.model): s for s in book.fields(3, ["d1", "d2"], OWNERS)["standings"]}
    for skill in ("a", "b"):
        best = max(sum(right(d, skill, 40).values()) for d in ("d1", "d2"))
        found = kept[skill, "merged"]
        assert found.best == "d1"
        assert found.retention is not None
        assert found.retention.value == pytest.approx(
            sum(right("merged", skill, 40).values()) / best
        )
    mean = kept["", "merged"].retention
    assert mean is not None
    assert mean.value == pytest.approx(
        np.mean([kept[s, "merged"].retention.value for s in ("a", "b")])
    )


def test_a_skill_of_no_donor_counts_in_no_mean_retention(book: Scorebook) -> None:
    """Scored of the merge and the base alone, as general questions are: the mean stays known."""

    def mean(owners: dict[str, str | None]) -> IntervalState | None:
        found = book.fields(3, ["d1", "d2"], owners)["standings"]
        return {(s.skill, s.model): s.retention for s in found}["", "merged"]

    alone = mean(OWNERS)
    for model in ("base", "merged"):
        book.note_score(event(model, "general", turn=3 if model == "merged" else None))
    assert alone is not None
    assert mean(OWNERS | {"general": None}) == alone
    assert mean(OWNERS | {"general": "d1"}) is None  # no donor was asked
    assert mean({"a": None, "b": None, "general": None}) is None


def test_scores_of_other_items_are_not_compared(book: Scorebook) -> None:
    book.note_score(event("merged", "a", n=20, turn=3))
    fields = book.fields(3, ["d1", "d2"], OWNERS)
    assert {v.model for v in fields["verdicts"] if v.skill == "a"} == set()
    assert ("b", "ties") in {(v.skill, v.against) for v in fields["verdicts"]}
    assert "merged" not in {v.against for v in fields["verdicts"]}
    assert not any(s.skill == "" and s.model == "ties" for s in fields["standings"])


def test_each_amount_of_items_has_verdicts_of_its_own(book: Scorebook) -> None:
    """After the usual 40 items, 20 of the same in ten seconds: neither hides the other's."""
    budget = {"items": {"a": 20}, "usual": {"a": 40}, "takes": {"a": 9.0}}
    book.note_budget({"event": "budget", "budget": {"seconds": 10.0, **budget}})
    book.note_score(event("merged", "a", n=20, turn=3))
    book.note_score(event("ties", "a", n=20))
    fields = book.fields(3, ["d1", "d2"], OWNERS)
    told = {v.seconds: v for v in fields["verdicts"] if (v.skill, v.against) == ("a", "ties")}
    assert {seconds: v.n for seconds, v in told.items()} == {None: 40, 10.0: 20}
    mine, theirs = right("merged", "a", 20), right("ties", "a", 20)
    assert told[10.0].difference.value == pytest.approx(
        (sum(mine.values()) - sum(theirs.values())) / 20
    )
    means = {s.seconds for s in fields["standings"] if (s.skill, s.model) == ("", "merged")}
    assert means == {None, 10.0}


def test_of_another_turn_only_what_does_not_depend_on_it_is_compared(book: Scorebook) -> None:
    fields = book.fields(4, ["d1", "d2"], OWNERS)
    assert "merged" not in {v.model for v in fields["verdicts"]}
    assert ("ties", "base") in {(v.model, v.against) for v in fields["verdicts"]}


def merged_at(turn: int, skill: str) -> dict[str, Any]:
    """A score of the merge after an earlier turn: the same items, other answers."""
    told = event("merged", skill, turn=turn)
    told["items"] = dict(
        zip(told["items"], right("d2", f"{skill}{turn}", 40).values(), strict=True)
    )
    return told


def test_the_merge_is_judged_against_itself_after_earlier_turns(book: Scorebook) -> None:
    for turn in (1, 2, 5):
        for skill in ("a", "b"):
            book.note_score(merged_at(turn, skill))
    fields = book.fields(3, ["d1", "d2"], OWNERS)
    told = {(v.skill, v.model, v.against): v for v in fields["verdicts"]}
    kept = {(s.skill, s.model): s for s in fields["standings"]}
    for turn in (1, 2):
        past = past_label(turn)
        for skill in ("a", "b"):
            now, then = right("merged", skill, 40), merged_at(turn, skill)["items"]
            up, down = (sum(f(now[i], then[i]) for i in now) for f in (gt, lt))
            verdict = told[skill, "merged", past]
            assert verdict.p == pytest.approx(binomtest(up, up + down).pvalue)
            assert verdict.difference.value == pytest.approx((up - down) / 40)
            assert (skill, past, "base") in told
            assert kept[skill, past].retention.value == pytest.approx(
                sum(then.values()) / sum(right("d1", skill, 40).values())
            )
        mean = kept["", past].score
        assert mean.value == pytest.approx(
            np.mean([sum(merged_at(turn, s)["items"].values()) / 40 for s in ("a", "b")])
        )
        assert mean.low < mean.value < mean.high
        assert told["", "merged", past].n == 80
    assert past_label(5) not in {m for _, m in kept}  # undone, or not taken yet
    assert {s.turn for s in fields["scores"]} == {None, 1, 2, 3}
    ahead = book.fields(5, ["d1", "d2"], OWNERS)
    assert {past_label(t) for t in (1, 2, 3)} <= {s.model for s in ahead["standings"]}


def test_earlier_turns_change_nothing_for_the_others(book: Scorebook) -> None:
    def others() -> list[Any]:
        fields = book.fields(3, ["d1", "d2"], OWNERS)
        verdicts = [v for v in fields["verdicts"] if past_turn(v.against) is None]
        told = [one for one in (*verdicts, *fields["standings"]) if past_turn(one.model) is None]
        return sorted((one.model_dump() for one in told), key=repr)

    before = others()
    book.note_score(merged_at(1, "a"))
    book.note_score(merged_at(2, "b"))
    assert others() == before


def test_an_earlier_turn_on_other_items_is_not_compared(book: Scorebook) -> None:
    book.note_score(event("merged", "a", n=20, turn=2))
    fields = book.fields(3, ["d1", "d2"], OWNERS)
    assert {v.skill for v in fields["verdicts"] if v.model == "merged"} == {"a", "b", ""}
    assert past_label(2) not in {v.against for v in fields["verdicts"]}
    assert past_label(2) not in {s.model for s in fields["standings"] if s.skill == "a"}


def test_many_turns_are_compared_once(book: Scorebook) -> None:
    for turn in (*range(3), *range(4, 60)):
        book.note_score(merged_at(turn, "a"))
    first = book.fields(60, ["d1", "d2"], OWNERS)
    again = book.fields(60, ["d1", "d2"], OWNERS)
    assert all(a is b for a, b in zip(first["verdicts"], again["verdicts"], strict=True))
    book.forget("a", ())
    left = book.fields(60, ["d1"], OWNERS)["standings"]
    assert {s.skill for s in left if past_turn(s.model) is not None} == {"b", ""}


def test_asking_again_costs_nothing(book: Scorebook) -> None:
    first = book.fields(3, ["d1", "d2"], OWNERS)
    began = time.perf_counter()
    for _ in range(100):
        again = book.fields(3, ["d1", "d2"], OWNERS)
    assert time.perf_counter() - began < 0.1
    assert again["verdicts"][0] is first["verdicts"][0]
    book.note_score(event("ties", "a"))
    assert book.fields(3, ["d1", "d2"], OWNERS)["verdicts"][0] is not first["verdicts"][0]


def test_nothing_scored_is_no_board() -> None:
    assert Boards().fields([], ["d1"], ()) == {"verdicts": (), "standings": ()}
    state = ScoreState(**event("base", "a")["score"])
    entry = Entry(state, {"1": ItemResult("1", 1.0)})
    (alone,) = Boards().fields([entry], ["d1"], ("a",))["standings"]
    assert (alone.skill, alone.retention) == ("", None)


def test_the_best_turn_is_one_of_those_judged_on_as_many_items(book: Scorebook) -> None:
    for turn, retention, n in ((1, 0.9, 10), (2, 0.5, 40), (3, 0.6, 40)):
        kept = {"value": retention, "low": 0.0, "high": 1.0}
        gate = {"turn": turn, "light": "green", "verdicts": [], "retention": kept}
        book.note_gate({"event": "gate", "gate": gate | {"items": {"a": n}}})
    assert book.fields(3, ["d1", "d2"], OWNERS)["best_turn"] == 3
    kept = {"value": 0.7, "low": 0.0, "high": 1.0}
    again = {"turn": 1, "light": "green", "verdicts": [], "retention": kept, "items": {"a": 40}}
    book.note_gate({"event": "gate", "gate": again})
    assert book.fields(3, ["d1", "d2"], OWNERS)["best_turn"] == 1


def test_a_mean_that_counted_skills_of_no_donor_is_forgotten() -> None:
    """Journals of before have it as a bare number."""
    old = {"turn": 1, "light": "green", "verdicts": [], "retention": 0.9, "items": {"a": 40}}
    assert GateState(**old).retention is None  # type: ignore[arg-type]
