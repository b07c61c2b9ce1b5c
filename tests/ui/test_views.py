"""What screens show follows from the run's picture and the session alone."""

import dataclasses
import json
import os
from typing import Any

import pytest

from obim import (
    Advance,
    Back,
    BudgetState,
    Calibrate,
    CompareState,
    Evaluate,
    Export,
    JobState,
    RunState,
    entries,
    parse_recipe,
)
from tests.ui.fake_studio import HOSTILE, LAYERS, FakeStudio, made
from ui import views
from ui.painting import methods
from ui.painting.wording import MAX_DONORS
from ui.session import Session, Sessions


def page(studio: FakeStudio, state: RunState | None, **session: Any) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(**session), studio.models())


FULL = (Calibrate(), Advance(4), Evaluate(("base", "merged"), ("a",), 40), Export("m", "bfloat16"))


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("jobs", [(), FULL[:1], FULL[:2], FULL])
def test_every_screen_paints_at_every_stage(studio: FakeStudio, lang: str, jobs: Any) -> None:
    shown = page(studio, made(studio, *jobs), lang=lang)
    assert json.dumps(shown)
    assert shown["cards"]["state"] == "ready"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_without_a_run_everything_is_empty_but_painted(studio: FakeStudio, lang: str) -> None:
    shown = page(studio, None, lang=lang)
    for name in ("cards", "grid", "occupancy", "scores", "result"):
        assert shown[name]["state"] == "empty"
        assert shown[name]["message"]
    assert [s["state"] for s in shown["stepper"]["steps"]] == ["ready", *["locked"] * 5]


def test_occupancy_is_what_the_turns_claimed(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(4))
    shares = [layer["shares"] for layer in page(studio, state)["occupancy"]["layers"]]
    for i, row in enumerate(shares):
        one = (20 + 5 * i) / 1000
        assert row == pytest.approx([2 * one, one, one])
    assert len(shares) == LAYERS


def test_looking_back_takes_later_turns_away(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(4))
    shown = page(studio, state, look=1)
    assert all(layer["shares"][1:] == [0, 0] for layer in shown["occupancy"]["layers"])
    assert shown["counters"]["items"][0]["value"] == "1/12"


def test_steps_unlock_one_after_the_other(studio: FakeStudio) -> None:
    def signs(*jobs: Any) -> list[str]:
        return [s["state"] for s in page(studio, made(studio, *jobs))["stepper"]["steps"]]

    assert signs() == ["done", "ready", "locked", "locked", "ready", "locked"]
    assert signs(Calibrate()) == ["done", "done", "ready", "ready", "ready", "locked"]
    assert signs(*FULL[:2])[5] == "ready"


def test_a_running_job_closes_the_buttons_and_opens_stop(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    job = JobState(kind="advance", status="running", fraction=0.25, seconds_left=30, phase="claim")
    shown = page(studio, state.model_copy(update={"job": job}))
    assert shown["jobbar"]["state"] == "running"
    assert shown["jobbar"]["percent"] == 25.0
    assert shown["stop"]["visible"]
    assert shown["job_row"]["visible"]
    assert not any(shown[b]["interactive"] for b in ("step", "run", "back", "evaluate", "write"))


def test_a_failed_job_stays_in_the_bar_as_a_sentence(studio: FakeStudio) -> None:
    job = JobState(kind="export", status="failed", error="The disk is full; free some space.")
    shown = page(studio, made(studio, *FULL).model_copy(update={"job": job}), screen=5)
    assert shown["jobbar"]["detail"] == "The disk is full; free some space."
    assert shown["result"]["title"] == "m: turn 4 of 12"  # the earlier export is still there


def test_settings_close_after_the_first_turn(studio: FakeStudio) -> None:
    before, after = page(studio, made(studio)), page(studio, made(studio, *FULL[:2]))
    assert before["density0"]["interactive"]
    assert not after["density0"]["interactive"]
    assert after["change"]["visible"]


def test_export_warns_of_what_is_missing(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(2, "off"))
    assert len(page(studio, state)["export_warnings"]["lines"]) == 2


@pytest.mark.parametrize(
    ("identical", "exact", "words"),
    [(True, True, "merged here, bit for bit"), (True, False, "rounded to bfloat16"),
     (False, False, "differs")],
)  # fmt: skip
def test_an_export_says_what_it_was_found_to_equal(
    studio: FakeStudio, identical: bool, exact: bool, words: str
) -> None:
    state = made(studio, *FULL, Export("out", "bfloat16", 10**9, True))
    told = {"identical": identical, "exact": exact}
    done = state.exports[-1].model_copy(update=told)
    shown = page(studio, state.model_copy(update={"exports": (done,)}))
    check = shown["result"]["checks"][0]
    assert check["ok"] == identical
    assert words in check["text"]


def test_scores_of_another_turn_are_not_shown_as_this_ones(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(2), Advance(1, "off"))
    (group,) = page(studio, state)["scores"]["groups"]
    assert group["name"] == "OBIM at earlier turns"
    assert [row["name"] for row in group["rows"]] == ["OBIM at turn 2"]
    undone = made(studio, Calibrate(), Advance(2), Back(1))
    assert page(studio, undone)["scores"]["state"] == "empty"


def test_names_travel_as_plain_data(studio: FakeStudio) -> None:
    shown = page(studio, made(studio, *FULL))
    assert shown["occupancy"]["donors"][2] == HOSTILE


def test_only_what_changed_is_sent_and_settings_are_left_alone(studio: FakeStudio) -> None:
    first = page(studio, made(studio))
    changed = {**first, "density0": {**first["density0"], "value": 0.9}}
    assert views.changes(first, first, True) == {}
    assert views.changes(first, changed, True) == {}
    sent = views.changes(first, changed, False)
    assert sent["density0"] == {"value": 0.9}
    assert set(sent) == views.NUMBERS  # one of them may show a number that was refused


def test_sessions_survive_a_restart(tmp_path: Any) -> None:
    token = "0" * 32
    sessions = Sessions(tmp_path)
    sessions.get(token).screen = 3
    sessions.touch(token)
    assert Sessions(tmp_path).get(token).screen == 3


def test_sessions_of_old_are_deleted_at_start(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.session.KEPT", 2)
    for i in range(3):
        (tmp_path / f"{i}.json").touch()
        os.utime(tmp_path / f"{i}.json", (9 - i, 9 - i))
    (tmp_path / "7.part").touch()
    Sessions(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.json", "1.json"]


@pytest.mark.parametrize("token", ["", "x" * 32, "../" * 8, None, 7, "0" * 33])
def test_what_is_no_token_is_refused(tmp_path: Any, token: Any) -> None:
    with pytest.raises(ValueError, match="token"):
        Sessions(tmp_path).get(token)


def test_the_recipe_is_the_one_about_to_run(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    draft = state.spec.model_copy(update={"rounds": 9})
    shown = page(studio, state, draft=draft.model_dump_json())
    assert parse_recipe(shown["recipe"]["text"]) == draft
    locked = made(studio, *FULL[:2])
    shown = page(studio, locked, draft=draft.model_dump_json())
    assert parse_recipe(shown["recipe"]["text"]) == locked.spec


def test_no_more_rounds_than_turns_allow(studio: FakeStudio) -> None:
    state = made(studio)
    assert page(studio, state)["rounds"]["maximum"] == 60
    donors = tuple(
        state.spec.donors[0].model_copy(update={"name": f"d{i}"}) for i in range(MAX_DONORS)
    )
    many = state.spec.model_copy(update={"donors": donors})
    shown = page(studio, state.model_copy(update={"spec": many}))
    assert shown["rounds"]["maximum"] == 31


@pytest.mark.parametrize(
    ("scope", "estimator", "says", "compared"),
    [
        ("tensor", "random", "each tensor", 0),
        ("row", "layerwise", "each row", 0),
        ("global", "layerwise", "all weights", 1),
        ("global", "kfac", "all weights", 0),
        ("global", "magnitude", "all weights", 0),
    ],
)
def test_density_and_saliency_mean_what_the_scope_makes_of_them(
    studio: FakeStudio, scope: Any, estimator: str, says: str, compared: int
) -> None:
    state = made(studio)
    spec = state.spec.model_copy(update={"scope": scope, "estimator": estimator})
    shown = page(studio, state.model_copy(update={"spec": spec}))
    assert says in shown["density_note"]["lines"][0]
    assert len(shown["scope_note"]["lines"]) == compared


def test_rows_outside_the_layers_have_names_in_japanese(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1)).model_copy(
        update={"groups": tuple((g, None) for g in ("embed", "norm", "head", "other", "a", "b"))}
    )
    layers = page(studio, state, lang="ja")["occupancy"]["layers"]
    assert [layer["name"] for layer in layers[:4]] == [
        "埋め込み", "最後の正規化", "出力層", "その他の重み",
    ]  # fmt: skip


def test_donors_can_be_picked_while_the_check_runs(studio: FakeStudio) -> None:
    for kind, free in (("check", True), ("calibrate", False)):
        job = JobState(kind=kind, status="running")
        shown = page(studio, made(studio).model_copy(update={"job": job}))
        assert shown["donors"]["interactive"] is free


def test_an_interrupted_job_says_why_in_japanese(studio: FakeStudio) -> None:
    job = JobState(kind="calibrate", status="interrupted", error="The worker process ended.")
    state = made(studio).model_copy(update={"job": job})
    shown = page(studio, state, lang="ja", screen=1)["jobbar"]
    assert "中断" in shown["text"]
    assert "The worker" not in shown["detail"]


def test_how_many_items_is_told(studio: FakeStudio) -> None:
    words = [words for words, _ in page(studio, made(studio))["full"]["choices"]]
    timed = [f"Quick: {n} s a model, 10+ items a skill" for n in (10, 30, 60)]
    assert words == ["Quick: 40 practice items a skill", *timed, "Report: all 120 held-back items"]
    assert page(studio, made(studio))["full"]["value"] == "usual"


def test_quick_scores_are_those_of_the_amount_chosen(studio: FakeStudio) -> None:
    """A run that has both, of 8 items in 10 s and the usual 40, never mixes them in a row."""
    state = made(studio, Evaluate(("base", "linear"), ("dates",), 40))
    skills = [skill.id for skill in state.skills]
    short = [
        score.model_copy(update={"n": 8, "score": 0.125, "low": 0.0, "high": 0.5})
        for score in state.scores
        if score.model == "base"
    ]
    items, usual = dict.fromkeys(skills, 8), dict.fromkeys(skills, 40)
    budget = BudgetState(seconds=10, items=items, usual=usual, takes=dict.fromkeys(skills, 3.0))
    state = state.model_copy(update={"scores": (*state.scores, *short), "budgets": (budget,)})
    shown = page(studio, state, screen=4, seconds=10)
    (row,) = shown["scores"]["groups"][0]["rows"]
    assert "12.5" in row["cells"][0]["score"]
    said = f"{8 * len(skills)} practice items a model."
    assert shown["evaluate_note"]["lines"][-1] == said
    shown = page(studio, state, screen=4)
    rows = shown["scores"]["groups"][0]["rows"]
    assert len(rows) == 2
    assert "12.5" not in rows[0]["cells"][0]["score"]
    assert said not in shown["evaluate_note"]["lines"]
    assert "groups" not in page(studio, state, screen=4, seconds=60)["scores"]


def test_each_general_set_has_a_line_of_its_own(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(2))
    (first, *_) = state.skills
    general = [first.model_copy(update={"id": n, "title": {"en": n}, "donor": None}) for n in "xy"]
    score = next(s for s in state.scores if s.model == "merged" and s.skill == first.id)
    scores = [score.model_copy(update={"skill": skill.id}) for skill in general]
    state = state.model_copy(
        update={"skills": (first, *general), "scores": (*state.scores, *scores)}
    )
    lines = page(studio, state, screen=3)["curves"]["series"]
    assert [(line["slot"], line["general"]) for line in lines] == [(0, None), (None, 0), (None, 1)]


def test_the_curves_are_of_the_amount_chosen(studio: FakeStudio) -> None:
    state = made(studio, Advance(1, "turn"), Advance(1, "turn"))
    skills = [skill.id for skill in state.skills]
    n = state.scores[0].n
    budget = BudgetState(
        seconds=10,
        items=dict.fromkeys(skills, n + 1),
        usual=dict.fromkeys(skills, n),
        takes=dict.fromkeys(skills, 3.0),
    )
    second = [
        score.model_copy(update={"n": n + 1}) if score.turn == 2 else score
        for score in state.scores
    ]
    state = state.model_copy(update={"scores": tuple(second), "budgets": (budget,)})
    for seconds, turn in ((None, 1), (10, 2)):
        (line, *_) = page(studio, state, screen=3, seconds=seconds)["curves"]["series"]
        assert [point[0] for point in line["points"]] == [turn]


def test_the_amount_chosen_is_marked(studio: FakeStudio) -> None:
    assert page(studio, made(studio), seconds=30)["full"]["value"] == "30"
    assert page(studio, made(studio), seconds=30, full=True)["full"]["value"] == "all"


def test_survival_is_shown_only_once_it_was_measured(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    unmeasured = tuple(
        donor.model_copy(
            update={
                "survival": None,
                "norm_kept": None,
                "tensors": tuple(e.model_copy(update={"survival": None}) for e in donor.tensors),
            }
        )
        for donor in state.saliency
    )
    before = page(studio, state.model_copy(update={"saliency": unmeasured}), measure="survival")
    after = page(studio, state, measure="survival")
    assert [m for _, m in before["measure"]["choices"]] == ["change", "top10"]
    assert before["measure"]["value"] == "change"
    assert "share of the donor's whole change" in before["grid"]["legend"]["text"]
    assert len(before["saliency_facts"]["lines"]) == 1
    assert after["measure"]["value"] == "survival"
    assert "bfloat16" in after["saliency_facts"]["lines"][1]


def test_stop_is_open_where_another_job_was_in_the_way(studio: FakeStudio) -> None:
    state = made(studio)
    assert not page(studio, state)["stop"]["visible"]
    assert not page(studio, state, error="Choose a donor.")["stop"]["visible"]
    assert page(studio, state, error="Another job is under way.", blocked=True)["stop"]["visible"]


def test_nothing_compared_is_told_from_nothing_lost(studio: FakeStudio) -> None:
    state = made(studio, *FULL)

    def shown(lost: int, rivals: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        fields = {"skill": state.skills[0].id, "lost": lost, "shown": min(lost, 1)}
        compared = CompareState.model_validate(fields | {"rivals": rivals})
        flips = state.flips if lost else ()
        changed = {"compared": (compared,), "flips": flips}
        return page(studio, state.model_copy(update=changed))

    assert shown(0, ())["items"]["message"].startswith("Press Evaluate to list")
    assert shown(0, ("base",))["items"]["message"] == "No item got worse."
    assert shown(1, ("base",))["items_note"]["lines"] == [
        "Dates: items that Base gets right and the merge wrong: 1."
    ]
    assert shown(12, ("base", "Dates"))["items_note"]["lines"] == [
        "Dates: items that Base or Dates gets right and the merge wrong: 12, of which 1 are shown."
    ]


def test_what_is_registered_is_offered(studio: FakeStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = dataclasses.replace(entries("merge_method")[0], name="new", label="New one")
    monkeypatch.setattr(methods, "_baselines", lambda: {"new": facts})
    estimator = dataclasses.replace(entries("estimator")[0], name="other", label="Other one")
    known = {entry.name: entry for entry in entries("estimator")}
    monkeypatch.setattr(methods, "_estimators", lambda: known | {"other": estimator})
    shown = page(studio, made(studio), lang="ja")
    assert ("New one", "new") in shown["others"]["choices"]
    assert ("Other one", "other") in shown["estimator"]["choices"]


def test_methods_and_estimators_come_in_an_order_that_makes_sense() -> None:
    assert methods.estimators() == [
        "layerwise", "kfac", "fisher", "hutchinson", "magnitude", "random",
    ]  # fmt: skip
    assert methods.baselines()[0] == "linear"
    assert {"ties", "dare_ties", "task_arithmetic"} < set(methods.baselines())
    assert not {"obim", "trim_average"} & set(methods.baselines())


def test_a_repaint_never_undoes_a_pick(studio: FakeStudio) -> None:
    first = page(studio, made(studio))
    changed = {**first, "donors": {**first["donors"], "value": ["demo:dates"]}}
    assert views.changes({}, first, False)["donors"]["value"]
    assert "donors" not in views.changes(first, changed, False)


def test_the_bar_tells_a_job_that_ended_on_its_own_screen_only(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(1))
    here, elsewhere = (page(studio, state, screen=screen) for screen in (3, 4))
    assert (here["jobbar"]["state"], here["jobbar"]["text"]) == ("done", "Turn 1 of 12 done")
    assert (here["job_row"]["visible"], here["stop"]["visible"]) == (True, False)
    assert elsewhere["jobbar"]["state"] == "idle"
    assert not elsewhere["job_row"]["visible"]


def test_going_back_says_where_to(studio: FakeStudio) -> None:
    for turn, words in ((1, "Back at turn 1 of 12"), (0, "Reset: done")):
        state = made(studio, Calibrate(), Advance(3), Back(turn))
        assert page(studio, state, screen=3)["jobbar"]["text"] == words


def test_the_bar_uses_the_names_of_the_screens(studio: FakeStudio) -> None:
    state = made(studio, Calibrate())
    skill = state.skills[0].model_copy(
        update={"id": "d8s", "title": {"en": "To ISO", "ja": "日付"}}
    )
    job = JobState(kind="evaluate", status="running", phase="evaluate", detail="linear · d8s")
    state = state.model_copy(update={"skills": (skill,), "job": job})
    assert page(studio, state)["jobbar"]["detail"].endswith("Average · To ISO")
    assert page(studio, state, lang="ja")["jobbar"]["detail"].endswith("平均 · 日付")


@pytest.mark.parametrize(
    "phase", ["forward_cpu", "forward_layers", "forward_layers_cpu", "evaluate_cpu"]
)
def test_the_bar_says_where_memory_is_short(phase: str, studio: FakeStudio) -> None:
    job = JobState(kind="evaluate", status="running", phase=phase, detail="base")
    state = made(studio, Calibrate()).model_copy(update={"job": job})
    for lang in ("en", "ja"):
        detail = page(studio, state, lang=lang)["jobbar"]["detail"]
        assert phase not in detail
        assert "CPU" in detail or "layer" in detail or "層" in detail


def test_evaluate_is_done_only_once_the_merge_was_evaluated_there(studio: FakeStudio) -> None:
    for jobs, sign in ((FULL[:2], "ready"), (FULL[:3], "done")):  # turns are scored on the way
        steps = page(studio, made(studio, *jobs))["stepper"]["steps"]
        assert steps[4]["state"] == sign


def test_looking_back_says_so_counts_what_was_then_and_leads_to_the_present(
    studio: FakeStudio,
) -> None:
    state = made(studio, Calibrate(), Advance(4))
    turns = tuple(turn.model_copy(update={"short": 10}) for turn in state.turns)
    state = state.model_copy(update={"turns": turns})
    now, then = page(studio, state), page(studio, state, look=2)
    assert not now["look_end"]["visible"]
    assert then["look_end"] == {"visible": True, "value": "Return to turn 4"}
    assert any(
        line.startswith("Claims that the densities allow") and "alters: 40. " in line
        for line in now["summary"]["lines"]
    )
    assert any("alters: 20. " in line for line in then["summary"]["lines"])
    assert "turn 2; the merge stands at turn 4" in then["summary"]["lines"][-1]


def test_a_button_that_takes_all_turns_away_asks_first(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(4))
    assert page(studio, state)["reset"]["value"] == "Reset"
    armed = page(studio, state, armed="reset")
    assert armed["reset"]["value"] == "Press again to clear the turns (4)"
    assert armed["change"]["value"] == "Change settings"


def test_one_merge_alone_is_not_the_best_one(studio: FakeStudio) -> None:
    def best(*models: str) -> list[bool]:
        job = Evaluate(("base", *models), ("a",), 40)
        shown = page(studio, made(studio, Calibrate(), Advance(4), job))["scores"]
        (group,) = shown["groups"]
        return [bool(row["cells"][0].get("best")) for row in group["rows"]]

    assert best("merged") == [False, False]
    assert best("linear", "merged") == [True, False, True]


def test_the_table_says_which_settings_a_merge_ran_with(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(4), Evaluate(("linear", "merged"), ("a",), 40))
    stock = tuple(d.model_copy(update={"density": None, "scale": 1.0}) for d in state.spec.donors)
    untuned = state.model_copy(update={"spec": state.spec.model_copy(update={"donors": stock})})
    for shown, how in ((state, "tuned"), (untuned, "stock")):
        (group,) = page(studio, shown)["scores"]["groups"]
        heads = [row["note"] for row in group["rows"]]
        assert heads == [f"turn 4 of 12, {how} settings", "stock settings"]


def test_an_answer_stands_under_the_model_that_gave_it(studio: FakeStudio) -> None:
    state = made(studio, Calibrate(), Advance(4))
    chat = {
        "left": "base", "right": "merged", "prompt": "p",
        "left_answer": {"model": "base", "turn": None, "text": "B", "cut_at": 64},
        "right_answer": {"model": "merged", "turn": 4, "text": "M", "cut_at": 0},
    }  # fmt: skip
    shown = page(studio, state, chat=chat)
    assert shown["prompt"]["value"] == "p"
    for side, label, text in (("left", "Base", "B"), ("right", "OBIM at turn 4", "M")):
        assert shown[f"{side}_text"]["label"] == f"Answer of {label}"
        assert shown[f"{side}_text"]["value"] == text
    back = state.model_copy(update={"turn": 3, "turns": state.turns[:3]})
    unmerged = made(studio, Calibrate())  # OBIM can't be chosen: another model takes its place
    for later, kept in ((back, chat), (unmerged, chat), (state, chat | {"right": "Dates"})):
        shown = page(studio, later, chat=kept)
        assert shown["left_text"]["value"] == "B"
        assert (shown["right_text"]["label"], shown["right_text"]["value"]) == ("Answer", "")


def test_what_is_being_computed_is_said(studio: FakeStudio) -> None:
    for kind, box, words in (
        ("calibrate", "grid", "Computing saliency ..."),
        ("evaluate", "scores", "Evaluating ..."),
    ):
        state = made(studio).model_copy(update={"job": JobState(kind=kind, status="running")})
        shown = page(studio, state)[box]
        assert (shown["state"], shown["message"]) == ("loading", words)
