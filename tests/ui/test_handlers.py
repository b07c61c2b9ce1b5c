"""What controls do to session and run, without a browser."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from obim import Advance, Back, Calibrate, Check, Export, JobState, MergeSpec, RunError
from obim.runs import sweeping
from tests.ui.conftest import TOKEN
from ui import views
from ui.handlers import Desk, Idle
from ui.painting.progress import jobbar
from ui.refusals import Refused, one_of, whole
from ui.screens.chat import ask, write_prompt
from ui.screens.export import free_name
from ui.screens.models import choose, repick
from ui.screens.saliency import NO_FILE, compute, open_strongest, wants_cell
from ui.screens.settings import take_settings
from ui.screens.uploads import TEXTS
from ui.session import Session, Sessions


def asked(desk: Desk) -> list[Any]:
    return desk.studio.asked  # type: ignore[attr-defined, no-any-return]


def change(desk: Desk, session: Session, **fields: Any) -> None:
    desk.studio.change(session.run_id, **fields)  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "3", True, None, 1.5, -1, 99])
def test_what_is_no_number_of_the_range_is_refused_in_both_languages(number: object) -> None:
    with pytest.raises(Refused, match="Rounds: a whole number from 0 to 60") as error:
        whole(number, 0, 60, "merge.rounds")
    assert "周回数" in error.value.said("ja")


def test_what_is_not_listed_is_refused_in_both_languages() -> None:
    with pytest.raises(Refused, match="can't be chosen") as error:
        one_of("x", ("y",), "saliency.estimator")
    assert "重要度の推定方法" in error.value.said("ja")


def test_a_japanese_page_refuses_in_japanese(desk: Desk) -> None:
    desk.enter(TOKEN, "ja")

    def act(session: Session) -> None:
        whole("x", 0, 1, "merge.seed")

    with pytest.raises(gr.Error, match="整数"):
        desk.guard(act)(TOKEN)


def test_the_same_models_are_checked_again_on_the_same_run(desk: Desk, session: Session) -> None:
    run, spec = session.run_id, desk.state(session).spec
    for job in (Calibrate(), Advance(2)):
        desk.submit(session, job)
    choose(desk, session, spec.base, [donor.source for donor in spec.donors])
    assert session.run_id == run
    assert isinstance(asked(desk)[-1], Check)
    assert desk.state(session).turn == 2


def test_other_models_keep_all_other_settings(desk: Desk, session: Session) -> None:
    before = desk.state(session).spec.model_copy(
        update={"calibration_tokens": 999, "estimator": "magnitude", "scope": "row", "rounds": 7}
    )
    run = desk.studio.create(before)
    session.show(run)
    session.draft = before.model_copy(update={"dtype": "float32"}).model_dump_json()
    choose(desk, session, before.base, [donor.source for donor in before.donors[:2]])
    after = desk.state(session).spec
    assert session.run_id != run
    assert after == MergeSpec.model_validate(
        before.model_dump() | {"donors": before.donors[:2], "dtype": "float32"}
    )


def test_without_a_donor_there_is_no_way_on_until_one_is_back(desk: Desk, session: Session) -> None:
    state = desk.state(session)
    sources = [donor.source for donor in state.spec.donors]
    repick(desk, session, state.spec.base, [])
    shown = views.page(desk.state(session), session, desk.studio.models())
    assert (shown["cards"]["state"], shown["cards"]["message"]) == (
        "empty",
        "Choose at least one donor.",
    )
    assert shown["plan"]["lines"] == []
    assert not shown["next_screen"]["interactive"]
    assert [s["state"] for s in shown["stepper"]["steps"]] == ["ready", *["locked"] * 5]
    assert shown["stepper"]["steps"][0]["note"] == ""
    with pytest.raises(Idle):
        repick(desk, session, state.spec.base, [])
    repick(desk, session, state.spec.base, sources)
    again = views.page(desk.state(session), session, desk.studio.models())
    assert desk.state(session).id == state.id
    assert again["cards"]["state"] == "ready"
    assert again["next_screen"]["interactive"]
    repick(desk, session, state.spec.base, [])
    repick(desk, session, state.spec.base, sources[:1])
    fewer = views.page(desk.state(session), session, desk.studio.models())
    assert fewer["next_screen"]["interactive"]
    assert fewer["stepper"]["steps"][0]["note"] == "1 donor"


def test_an_empty_prompt_is_asked_for(desk: Desk, session: Session) -> None:
    with pytest.raises(Refused, match="Write a prompt first"):
        ask(desk, session, " \n", "base", "base")


def test_too_many_turns_for_the_donors_become_fewer_rounds(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    session.show(desk.studio.create(spec.model_copy(update={"rounds": 85})))
    (desk.home / "own").mkdir()
    (desk.home / "own" / "model.safetensors").touch()
    donors = [*(donor.source for donor in spec.donors), str(desk.home / "own")]
    choose(desk, session, spec.base, donors)
    assert desk.state(session).spec.rounds == 63


@pytest.mark.parametrize("name", ["base", "merged", "ties", "linear"])
def test_a_folder_with_a_name_of_the_page_gets_another(
    desk: Desk, session: Session, name: str
) -> None:
    (desk.home / name).mkdir()
    (desk.home / name / "model.safetensors").touch()
    choose(desk, session, "demo:base", [str(desk.home / name)])
    assert desk.state(session).spec.donors[0].name == f"{name}+"


def test_another_job_is_not_left_behind_by_a_choice(desk: Desk, session: Session) -> None:
    run, spec = session.run_id, desk.state(session).spec
    for kind, stays in (("calibrate", True), ("check", False)):
        change(desk, session, job=JobState(kind=kind, status="running"))
        runs = len(desk.studio.runs)  # type: ignore[attr-defined]
        if stays:
            with pytest.raises(Refused, match="under way"):
                choose(desk, session, spec.base, ["demo:dates"])
            assert len(desk.studio.runs) == runs  # type: ignore[attr-defined]
        else:
            choose(desk, session, spec.base, ["demo:dates"])
        assert (session.run_id == run) is stays


def test_a_run_that_can_not_be_checked_is_not_shown(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(run_id: str, job: object) -> None:
        raise Refused("error.busy")

    run = session.run_id
    monkeypatch.setattr(desk.studio, "submit", refuse)
    with pytest.raises(Refused):
        choose(desk, session, "demo:base", ["demo:dates"])
    assert session.run_id == run


def test_a_file_that_is_not_there_yet_is_asked_for(desk: Desk, session: Session) -> None:
    runs = len(desk.studio.runs)  # type: ignore[attr-defined]
    donors = desk.state(session).spec.donors
    session.calibration = [NO_FILE, *(donor.calibration for donor in donors[1:])]
    with pytest.raises(Refused, match=f"Upload a file for {donors[0].name}"):
        compute(desk, session)
    assert len(desk.studio.runs) == runs  # type: ignore[attr-defined]


def test_an_upload_is_new_again_when_it_is_used_and_asked_for_where_it_is_gone(
    desk: Desk, session: Session
) -> None:
    (desk.home / TEXTS).mkdir()
    text = desk.home / TEXTS / f"{'ab' * 8}.txt"
    text.touch()
    os.utime(text, (0, 0))
    donors = desk.state(session).spec.donors
    tried = [str(text), *(donor.calibration for donor in donors[1:])]
    session.calibration = tried
    compute(desk, session)
    assert text.stat().st_mtime > 0
    assert TEXTS == sweeping.TEXTS
    session.show(desk.studio.create(desk.state(session).spec.model_copy(update={"donors": donors})))
    session.calibration = tried
    text.unlink()
    with pytest.raises(Refused, match=f"Upload a file for {donors[0].name}"):
        compute(desk, session)


@pytest.mark.parametrize(("share", "kept"), [(0.125, None), (0.12, 0.12), (0.13, 0.13)])
def test_a_density_beside_one_of_k_is_its_own(
    desk: Desk, session: Session, share: float, kept: float | None
) -> None:
    donors = [
        donor.model_copy(update={"name": f"d{i}"})
        for i, donor in enumerate(desk.state(session).spec.donors[:1] * 8)
    ]
    spec = desk.state(session).spec.model_copy(update={"donors": tuple(donors)})
    session.show(desk.studio.create(spec))
    values = [4, True, "tensor", "bfloat16", "*", "", 0, *[share] * 8, *[1.0] * 8]
    take_settings(desk, session, values)
    assert session.draft is not None
    assert MergeSpec.model_validate_json(session.draft).donors[0].density == kept


def refuse_in(desk: Desk) -> Callable[..., None]:
    def act(session: Session) -> None:
        raise Refused("error.no_donor")

    return desk.guard(act)


def test_a_refusal_hides_no_progress_and_outlives_no_restart(desk: Desk, session: Session) -> None:
    change(desk, session, job=JobState(kind="advance", status="running", fraction=0.5))
    with pytest.raises(gr.Error):
        refuse_in(desk)(TOKEN)
    assert jobbar(desk.state(session), session)["percent"] == 50.0
    change(desk, session, job=JobState(kind="advance", status="done", fraction=1.0))
    session.screen = 3
    assert jobbar(desk.state(session), session)["state"] == "done"
    with pytest.raises(gr.Error):
        refuse_in(desk)(TOKEN)
    assert jobbar(desk.state(session), session)["state"] == "failed"
    assert Sessions(desk.home / "s").get(TOKEN).error == ""


def test_a_job_in_the_way_is_told_from_other_refusals(desk: Desk, session: Session) -> None:
    def wait(session: Session) -> None:
        raise RunError("Another job is under way; wait for it or stop it first.")

    for act, blocked in ((desk.guard(wait), True), (refuse_in(desk), False)):
        with pytest.raises(gr.Error):
            act(TOKEN)
        assert session.blocked is blocked


def nothing(session: Session) -> None:
    """An act that does nothing."""


def pressed(desk: Desk, name: str) -> Callable[[], None]:
    """One press of a button of the Merge screen, as its handler does it."""

    def act(session: Session) -> None:
        if session.confirms(name):
            desk.submit(session, Back(0))

    return lambda: desk.guard(act)(TOKEN)


def test_turns_are_cleared_by_the_second_press_in_a_row(desk: Desk, session: Session) -> None:
    for job in (Calibrate(), Advance(2)):
        desk.submit(session, job)
    reset = pressed(desk, "reset")
    reset()
    desk.guard(nothing)(TOKEN)
    reset()
    assert desk.state(session).turn == 2  # something else was done in between
    reset()
    assert desk.state(session).turn == 0
    assert session.armed == ""


def test_answers_go_with_prompt_and_run(desk: Desk, session: Session) -> None:
    ask(desk, session, "p", "base", "base")
    assert session.chat["left_answer"]["model"] == "base"
    write_prompt(session, "p")
    assert "left_answer" in session.chat
    write_prompt(session, "q")
    assert not {"left_answer", "right_answer"} & set(session.chat)
    ask(desk, session, "q", "base", "base")
    desk.fork(session, desk.state(session).spec)
    assert "left_answer" not in session.chat
    assert session.chat["prompt"] == "q"


def test_the_name_offered_for_an_export_is_free(
    desk: Desk, session: Session, tmp_path: Path
) -> None:
    assert free_name(tmp_path, None) == "obim-merge"
    for taken, offered in (("obim-merge", "obim-merge-2"), ("obim-merge-2", "obim-merge-3")):
        (tmp_path / taken).mkdir()
        assert free_name(tmp_path, None) == offered
    for job in (Calibrate(), Advance(1), Export("mine-7", "bfloat16")):
        desk.submit(session, job)
    (tmp_path / "mine-7").mkdir()
    assert free_name(tmp_path, desk.state(session)) == "mine-2"


def test_the_saliency_screen_begins_with_the_strongest_tensor(desk: Desk, session: Session) -> None:
    desk.submit(session, Calibrate())
    session.screen = 1
    state = desk.state(session)
    assert wants_cell(state, session)
    open_strongest(desk, session, state)
    shares = {entry.tensor: entry.change for entry in state.saliency[0].tensors}
    assert session.tensor is not None
    assert shares[session.tensor] == max(shares.values())
    assert not wants_cell(state, session)
    session.cell, session.tensor = None, "model.norm.weight"  # a reload: what was open stays open
    open_strongest(desk, session, state)
    assert session.tensor == "model.norm.weight"


def test_what_asks_for_nothing_leaves_the_refusal_on_the_page(desk: Desk, session: Session) -> None:
    def rest(session: Session) -> None:
        raise Idle

    with pytest.raises(gr.Error):
        refuse_in(desk)(TOKEN)
    said = session.error
    desk.guard(rest)(TOKEN)
    assert session.error == said != ""
    desk.guard(nothing)(TOKEN)
    assert session.error == ""
