"""The scoreboard on screen and as a file: groups, verdicts in words, figures that agree."""

import csv
import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from obim import (
    Advance,
    Back,
    Calibrate,
    Evaluate,
    IntervalState,
    RunState,
    ScoreState,
    SkillState,
    StandingState,
    Tune,
    VerdictState,
    past_label,
    scores_csv,
    tunable,
    tuning_seconds,
)
from tests.ui.fake_studio import HOSTILE, FakeStudio, made
from tests.ui.test_views import page
from ui.i18n import t
from ui.painting.retention import lacking
from ui.painting.scoreboard import _details
from ui.painting.wording import rounded


def interval(value: float) -> IntervalState:
    return IntervalState(value=value, low=value - 0.1, high=value + 0.1)


def verdict(model: str, against: str, told: str, needed: int | None, skill: str) -> VerdictState:
    return VerdictState(
        skill=skill, model=model, against=against, quick=True, difference=interval(0.125), p=0.03,
        verdict=told, n=40, needed=needed,
    )  # fmt: skip


@pytest.fixture
def state(studio: FakeStudio) -> RunState:
    models = ("base", "linear", "ties", "ties:tuned", "obim:random", "merged")
    jobs = (Calibrate(), Advance(4), Tune(("ties",), ("a",), 8), Evaluate(models, ("a",), 40))
    found = made(studio, *jobs)
    skill = found.skills[0].id
    verdicts = (
        verdict("merged", "base", "better", 30, skill),
        verdict("merged", "linear", "worse", 30, skill),
        verdict("merged", "ties", "unclear", 12345, skill),
        verdict("merged", "ties:tuned", "unclear", None, skill),
        verdict("merged", "obim:random", "unclear", 38, skill),
        verdict("ties", "base", "unclear", None, skill),
        verdict("merged", "ties", "better", 9, ""),
    )
    standings = (
        StandingState(skill=skill, model="merged", quick=True, score=None,
                      retention=interval(0.9), best="Dates"),
        StandingState(skill="", model="ties", quick=True, score=interval(0.5),
                      retention=interval(0.7), best=""),
    )  # fmt: skip
    return found.model_copy(update={"verdicts": verdicts, "standings": standings})


def rows(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {r["name"]: r for group in shown["scores"]["groups"] for r in group["rows"]}


def test_models_stand_in_groups_and_the_merge_first(studio: FakeStudio, state: RunState) -> None:
    groups = page(studio, state)["scores"]["groups"]
    names = [[row["name"] for row in group["rows"]] for group in groups]
    assert names == [["OBIM", "Base", "Average"], ["TIES"], ["TIES, tuned"], ["OBIM by lot"]]
    assert [bool(group["name"]) for group in groups] == [False, True, True, True]


def test_verdicts_are_said_in_words(studio: FakeStudio, state: RunState) -> None:
    found = rows(page(studio, state))
    words = {name: row["cells"][0]["verdict"] for name, row in found.items()}
    assert words == {
        "OBIM": "",
        "Base": "OBIM better, +12.5",
        "Average": "OBIM worse, +12.5",
        "TIES": "can't tell with 40 items; about 12,000 would do",
        "TIES, tuned": "can't tell with 40 items",
        "OBIM by lot": "can't tell with 40 items",
    }
    assert found["TIES"]["cells"][-2]["verdict"] == "OBIM better, +12.5"
    assert found["TIES"]["cells"][0]["arrow"] == "same"
    assert (
        found["Base"]["cells"][0]["verdict_text"]
        == "OBIM minus Base: +12.5 points (+2.5 to +22.5), p 0.030"
    )


def test_retention_and_means_have_their_places(studio: FakeStudio, state: RunState) -> None:
    found = rows(page(studio, state))
    assert found["OBIM"]["cells"][0]["retention"] == "90\u00a0% of the best donor"
    assert [c["score"] for c in found["TIES"]["cells"][-2:]] == ["50.0\u00a0%", "70.0\u00a0%"]
    assert found["OBIM"]["cells"][-1]["score"] is None
    assert not found["TIES"]["cells"][-2]["best"]  # no other merge has a mean
    means = tuple(
        StandingState(skill="", model=m, quick=True, score=interval(s), retention=None, best="")
        for m, s in (("base", 0.9), ("ties", 0.5), ("linear", 0.4))
    )
    told = rows(page(studio, state.model_copy(update={"standings": means})))
    assert [n for n, r in told.items() if r["cells"][-2].get("best")] == ["TIES"]
    assert len(page(studio, state)["scores"]["columns"]) == len(found["OBIM"]["cells"])


@pytest.mark.parametrize(
    ("skills", "missing", "said"),
    [
        (("a", "b"), {("a", "D")}, "lacks: a donor's score on a"),
        (("a", "b"), {("b", "merged")}, "lacks: OBIM on b"),
        (("a", "b"), set(), "lacks: scores of merge and donor on the same items"),
        (("c",), set(), "no skill scored here belongs to a donor"),
    ],
)
def test_a_mean_that_is_missing_says_which_figure_it_lacks(
    state: RunState, skills: tuple[str, ...], missing: set[tuple[str, str]], said: str
) -> None:
    """c is no donor's skill: nobody lacks a donor's score there."""
    one = next(s for s in state.scores if s.model == "merged")
    known = [
        SkillState(id=i, title={"en": i, "ja": i}, donor=None if i == "c" else "D", items=9)
        for i in skills
    ]
    scores = {
        (i, m): one.model_copy(update={"skill": i, "model": m, "score": 0.5})
        for i in (*skills, "c")
        for m in ("merged", "base", "D")
        if (i, m) not in {*missing, ("c", "D")}
    }
    assert lacking("en", known, scores, ["D"], "merged") == said


def test_the_table_says_why_a_merge_has_no_mean_retention(
    studio: FakeStudio, state: RunState
) -> None:
    found = rows(page(studio, state))
    assert found["OBIM"]["cells"][-1]["why"].startswith("lacks: a donor's score on ")
    assert "why" not in found["Base"]["cells"][-1]


def test_where_test_and_interval_differ_the_page_says_which_decides(
    studio: FakeStudio, state: RunState
) -> None:
    """The made-up verdicts have an interval of +2.5 to +22.5, some of them without a verdict."""
    said = t("en", "evaluate.verdict.exact")
    found = page(studio, state)["scores"]
    assert found["foot"].endswith(said)
    assert rows({"scores": found})["TIES"]["cells"][0]["verdict_text"].endswith(said)
    assert not rows({"scores": found})["Base"]["cells"][0]["verdict_text"].endswith(said)
    sure = tuple(v for v in state.verdicts if v.verdict != "unclear")
    shown = page(studio, state.model_copy(update={"verdicts": sure}))["scores"]
    assert said not in shown["foot"]


def test_losses_are_no_percentages_and_the_lowest_is_best(
    studio: FakeStudio, state: RunState
) -> None:
    loss = {"unit": "perplexity", "higher_is_better": False, "low": 2.0, "high": 9.0}
    loss |= {"evaluator": "perplexity"}
    scores = tuple(
        s.model_copy(update=loss | {"score": 4.321 if s.model == "ties" else 5.0})
        for s in state.scores
    )
    shown = page(studio, state.model_copy(update={"scores": scores}))
    found = rows(shown)
    assert found["TIES"]["cells"][0]["score"] == "4.32"
    assert [n for n, r in found.items() if r["cells"][0]["best"]] == ["TIES"]
    assert "lower is better" in shown["scores"]["columns"][0]["note"]
    assert shown["scores"]["caption"] == "Scores, a few practice items"
    exact = page(studio, state)
    assert exact["scores"]["caption"] == "Exactly right answers, a few practice items"
    (panel, *_) = shown["dots"]["panels"]
    assert (panel["low"], panel["high"]) == (2.0, 9.0)


def test_the_picture_has_the_rows_of_the_table(studio: FakeStudio, state: RunState) -> None:
    shown = page(studio, state)
    dots = shown["dots"]
    assert [r["name"] for r in dots["rows"]] == list(rows(shown))
    assert all(len(panel["points"]) == len(dots["rows"]) for panel in dots["panels"])
    assert dots["panels"][-1]["name"] == "Mean"
    assert page(studio, made(studio))["dots"]["state"] == "hidden"


def test_the_file_has_every_figure(state: RunState) -> None:
    told = list(csv.DictReader(io.StringIO(scores_csv(state))))
    assert len(told) == len(state.scores) + 1
    skill = state.skills[0].id
    ties = next(r for r in told if (r["set"], r["model"]) == (skill, "ties"))
    score = next(s for s in state.scores if (s.skill, s.model) == (skill, "ties"))
    assert float(ties["score_low"]) == score.low
    assert (ties["judged"], ties["judged_verdict"]) == ("merged", "unclear")
    assert (ties["judged_needed"], ties["judged_p"], ties["judged_n"]) == ("12345", "0.03", "40")
    assert (float(ties["base_difference"]), ties["base_needed"]) == (0.125, "")
    mean = told[-1]
    assert (mean["set"], mean["model"], float(mean["retention"])) == ("(mean)", "ties", 0.7)
    assert mean["judged_verdict"] == "better"
    turns = {r["turn"] for r in told if r["model"] == "merged"}
    assert turns == {"4"}


def test_of_a_task_file_the_name_alone_is_told(state: RunState) -> None:
    task = state.scores[0].model_copy(update={"skill": "lm_eval:/home/me/secret/my.yaml"})
    shown = scores_csv(state.model_copy(update={"scores": (task,)}))
    told = next(csv.DictReader(io.StringIO(shown)))
    assert (told["set"], told["title"]) == ("lm_eval:my.yaml", "lm_eval:my.yaml")
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("share", "+12.5 points ("),
        ("perplexity", "+0.125 nats per token of mean loss ("),
        ("bits", "+0.125 bits per byte ("),
    ],
)
def test_a_difference_has_its_unit(state: RunState, unit: str, words: str) -> None:
    told = next(v for v in state.verdicts if v.difference.value == 0.125)
    board = SimpleNamespace(state=state)
    assert words in _details(board, "en", told, unit)  # type: ignore[arg-type]


def test_no_name_becomes_a_formula(state: RunState) -> None:
    bad = state.scores[0].model_copy(update={"model": '=HYPERLINK("x")'})
    told = list(
        csv.DictReader(io.StringIO(scores_csv(state.model_copy(update={"scores": (bad,)}))))
    )
    assert told[0]["model"] == '\'=HYPERLINK("x")'
    hostile = state.scores[0].model_copy(update={"model": HOSTILE})
    shown = scores_csv(state.model_copy(update={"scores": (hostile,)}))
    assert next(csv.DictReader(io.StringIO(shown)))["model"] == HOSTILE


@pytest.fixture
def turned(studio: FakeStudio) -> RunState:
    """Scored after turns 1 to 7, of which 7 is undone; three donors."""
    run = made(studio, Calibrate())
    for _ in range(7):
        studio.submit(run.id, Advance(1, "turn"))
    studio.submit(run.id, Back(6))
    state = studio.state(run.id)
    past = past_label(3)
    verdicts = (verdict("merged", past, "better", 30, state.skills[0].id),)
    mean = StandingState(skill="", model=past, quick=True, score=interval(0.5),
                         retention=interval(0.7), best="")  # fmt: skip
    scores = tuple(s for s in state.scores if (s.turn or 0) <= 6)
    told = {"verdicts": verdicts, "standings": (mean,), "scores": scores}
    return state.model_copy(update=told)


def test_the_last_scored_turns_are_rows_and_all_of_them_when_asked_for(
    studio: FakeStudio, turned: RunState
) -> None:
    shown = page(studio, turned)
    groups = {g["name"]: [r["name"] for r in g["rows"]] for g in shown["scores"]["groups"]}
    last = ["OBIM at turn 5", "OBIM at turn 4", "OBIM after round 1"]
    assert groups == {"": ["OBIM"], "OBIM at earlier turns": last}
    assert [r["name"] for r in shown["dots"]["rows"]] == ["OBIM", *last]
    row = rows(shown)["OBIM after round 1"]
    assert row["note"] == "turn 3 of 12"
    assert row["cells"][0]["score"] == "60.0\u00a0%"
    assert row["cells"][0]["interval"] == "48.0 – 72.0"
    assert row["cells"][0]["verdict"] == "OBIM better, +12.5"
    assert row["cells"][0]["verdict_text"].startswith("OBIM minus OBIM after round 1: +12.5")
    assert row["cells"][-2]["score"] == "50.0\u00a0%"
    assert shown["every_turn_box"]["visible"]
    assert shown["every_turn"]["label"] == "Every scored turn (5)"
    every = page(studio, turned, every_turn=True)
    assert list(rows(every)) == ["OBIM", *last, "OBIM at turn 2", "OBIM at turn 1"]
    few = turned.model_copy(update={"turn": 4, "turns": turned.turns[:4]})
    assert not page(studio, few)["every_turn_box"]["visible"]
    assert list(rows(page(studio, few)))[1:] == [*last[2:], "OBIM at turn 2", "OBIM at turn 1"]


def test_earlier_turns_are_in_the_file_with_their_verdicts(turned: RunState) -> None:
    found = list(csv.DictReader(io.StringIO(scores_csv(turned))))
    skill = turned.skills[0].id
    (past,) = [r for r in found if (r["set"], r["turn"]) == (skill, "3")]
    assert (past["model"], past["judged"], past["judged_verdict"]) == ("merged", "merged", "better")
    assert float(past["judged_difference_low"]) == pytest.approx(0.025)
    (mean,) = [r for r in found if r["set"] == "(mean)"]
    assert (mean["model"], mean["turn"], mean["score"]) == ("merged", "3", "0.5")


def test_what_is_chosen_at_first_is_simple(studio: FakeStudio) -> None:
    shown = page(studio, made(studio, Calibrate(), Advance(4)))
    first = shown["which"]["value"]
    assert first[0] == "base"
    assert first[-2:] == ["linear", "merged"]
    assert [v for _, v in shown["which"]["choices"]] == first
    assert shown["others"]["value"] == shown["ablations"]["value"] == []
    assert "ties" in [v for _, v in shown["others"]["choices"]]
    assert [v for _, v in shown["ablations"]["choices"]] == [
        "obim:magnitude", "obim:random", "obim:one_round", "obim:trim_average",
    ]  # fmt: skip


def test_only_ablations_that_take_something_away_are_offered(studio: FakeStudio) -> None:
    found = made(studio)
    spec = found.spec.model_copy(update={"estimator": "magnitude", "rounds": 1, "scope": "global"})
    shown = page(studio, found.model_copy(update={"spec": spec}))
    assert [v for _, v in shown["ablations"]["choices"]] == ["obim:random"]


def test_tuning_says_how_many_tries_and_about_how_long(studio: FakeStudio) -> None:
    before = made(studio)
    after = made(studio, Calibrate(), Advance(4)).model_copy(update={"pace": 1e-3})
    assert tuning_seconds(before, 8) is None
    (plan,) = page(studio, before)["tune_note"]["lines"]
    assert f"{len(tunable())} methods" in plan
    lines = page(studio, after)["tune_note"]["lines"]
    assert re.search(r"About \d+ (s|min); Stop keeps", lines[1])
    twice, once = tuning_seconds(after, 8), tuning_seconds(after, 4)
    assert twice is not None
    assert once is not None
    assert twice == pytest.approx(2 * once)
    done = made(studio, Calibrate(), Advance(4), Tune(tuple(tunable()), ("a",), 8))
    done = done.model_copy(update={"pace": 1e-3})
    assert tuning_seconds(done, 8) == 0
    assert "ties:tuned" in [v for _, v in page(studio, done)["others"]["choices"]]


def test_an_estimate_has_two_digits() -> None:
    assert [rounded(n) for n in (7, 43, 214, 999, 12345)] == ["7", "43", "210", "1,000", "12,000"]


def test_a_score_of_one_set_alone_has_no_mean_panel(studio: FakeStudio, state: RunState) -> None:
    skill = state.skills[0].id
    scores: tuple[ScoreState, ...] = tuple(s for s in state.scores if s.skill == skill)
    shown = page(studio, state.model_copy(update={"scores": scores}))
    assert [p["name"] for p in shown["dots"]["panels"]] == [state.skills[0].title["en"]]


def test_more_tries_can_be_chosen_and_take_longer(studio: FakeStudio) -> None:
    done = made(studio, Calibrate(), Advance(4)).model_copy(update={"pace": 1.0})
    shown = page(studio, done, tries=32)
    assert shown["tries"]["value"] == 32
    assert "32 tries" in shown["tune_note"]["lines"][0]
    minutes = [
        int(re.search(r"About (\d+) min", page(studio, done, tries=n)["tune_note"]["lines"][1])[1])  # type: ignore[index]
        for n in (8, 32)
    ]
    assert minutes[1] == pytest.approx(4 * minutes[0], abs=4)
