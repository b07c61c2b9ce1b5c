"""The field for a model of the hub on the Models screen, without a browser and without a hub."""

import pytest

from obim import Download, JobState, LookUp, Sentence
from tests.ui.test_handlers import asked, change
from ui import views
from ui.handlers import Desk
from ui.refusals import Refused
from ui.screens.hub import fetch, look_up
from ui.session import Session


def shown(desk: Desk, session: Session, lang: str = "en") -> dict[str, dict[str, object]]:
    session.lang = "ja" if lang == "ja" else "en"
    return views.page(desk.state(session), session, desk.studio.models())


def test_a_downloaded_model_can_be_chosen_at_once(desk: Desk, session: Session) -> None:
    before = shown(desk, session)
    assert before["hub_note"]["lines"] == []
    for typed, model in ((" org/base ", "org/base"), ("org/lora@v1", "org/lora@v1")):
        look_up(desk, session, typed)
        fetch(desk, session, typed)
        assert asked(desk)[-2:] == [LookUp(model), Download(model)]
    after = shown(desk, session)
    new = ("org/base", "hub:org/base@c0ffee")
    lora = ("org/lora@v1", "hub:org/lora@v1@c0ffee")
    assert after["base"]["choices"] == [*before["base"]["choices"], new]  # type: ignore[misc]
    assert after["donors"]["choices"] == [*before["donors"]["choices"], new, lora]  # type: ignore[misc]
    assert after["base"]["value"] == before["base"]["value"]
    for lang in ("en", "ja"):
        lines = shown(desk, session, lang)["hub_note"]["lines"]
        assert "org/base, org/lora@v1" in lines[0]  # type: ignore[index]


@pytest.mark.parametrize("typed", ["", "   ", None, 3, "x" * 301])
def test_what_can_be_no_name_is_refused_in_both_languages(
    desk: Desk, session: Session, typed: object
) -> None:
    before = list(asked(desk))
    for act in (look_up, fetch):
        with pytest.raises(Refused, match="org/name@revision") as error:
            act(desk, session, typed)
        assert "入力してください" in error.value.said("ja")
    assert asked(desk) == before


def test_the_job_bar_tells_bytes_and_time_left(desk: Desk, session: Session) -> None:
    change(
        desk,
        session,
        job=JobState(
            kind="download", status="running", fraction=0.25, seconds_left=40.0, phase="download",
            detail="org/base 1.10 / 4.40 GB",
        ),
    )  # fmt: skip
    english, japanese = shown(desk, session), shown(desk, session, "ja")
    assert english["jobbar"]["text"] == "Download: running"
    assert english["jobbar"]["detail"] == "downloading · org/base 1.10 / 4.40 GB"
    assert english["jobbar"]["left"] == "about 40 s left"
    assert english["jobbar"]["percent"] == 25.0
    assert japanese["jobbar"]["detail"] == "ダウンロード中 · org/base 1.10 / 4.40 GB"
    assert english["fetch"] == {"interactive": False}


def test_nothing_is_downloaded_before_it_was_told_what_it_takes(
    desk: Desk, session: Session
) -> None:
    before = shown(desk, session)
    assert (before["look_up"], before["fetch"]) == ({"interactive": True}, {"interactive": False})
    assert before["outlook"]["lines"] == []
    with pytest.raises(Refused, match="Look org/base up first"):
        fetch(desk, session, "hub:org/base@main")
    look_up(desk, session, "org/base")
    with pytest.raises(Refused, match="Look org/other up first"):
        fetch(desk, session, "org/other")
    after = shown(desk, session)
    assert after["fetch"] == {"interactive": True}
    assert after["outlook"]["tone"] == "plain"
    assert after["outlook"]["lines"] == [
        "org/base: 3.0 GB to download. How long that takes is not known.",
        "By the headers all these models fit together; tokenizers are compared after the download.",
        "Merging with it then takes about 60 s, 1.0 GB of memory and 1.0 GB of disk.",
        "5.0 GB of disk are free.",
    ]
    assert not any(isinstance(job, Download) for job in asked(desk))
    fetch(desk, session, "hub:org/base@main")
    assert shown(desk, session)["outlook"]["lines"] == []


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_too_little_disk_and_models_that_do_not_fit_are_told(
    desk: Desk, session: Session, lang: str
) -> None:
    desk.studio.free = 3_900_000_000  # type: ignore[attr-defined]
    look_up(desk, session, "org/base")
    page = shown(desk, session, lang)
    assert page["fetch"] == {"interactive": False}
    assert page["outlook"]["tone"] == "warn"
    told = page["outlook"]["lines"][-1]  # type: ignore[index]
    assert "4.0 GB" in told
    assert "3.9 GB" in told
    with pytest.raises(Refused, match="no room for org/base"):
        fetch(desk, session, "org/base")
    outlook = desk.state(session).outlook
    assert outlook is not None
    other = {
        "fits": False,
        "needs": None,
        "problems": (("org/base", Sentence("It is quantised; choose the unquantised model.")),),
    }
    change(desk, session, outlook=outlook.model_copy(update=other))
    page = shown(desk, session, lang)
    assert page["fetch"] == {"interactive": True}  # as a base of other donors it may do
    assert page["outlook"]["tone"] == "warn"
    said = "It is quantised" if lang == "en" else "量子化"
    assert any(said in line for line in page["outlook"]["lines"])  # type: ignore[union-attr]


def test_memory_that_is_short_and_models_still_to_come_are_told(
    desk: Desk, session: Session
) -> None:
    look_up(desk, session, "org/base")
    outlook = desk.state(session).outlook
    assert outlook is not None
    assert outlook.needs is not None
    short = outlook.needs.model_copy(
        update={"memory_free": 5 * 10**8, "measuring": 120.0, "seconds": None, "disk_free": 1}
    )
    first = outlook.due[0].model_copy(update={"missing": 0})
    more = outlook.due[0].model_copy(update={"name": "org/other"})
    changed = {"needs": short, "due": (first, more), "one_disk": False}
    change(desk, session, outlook=outlook.model_copy(update=changed))
    page = shown(desk, session)
    lines = page["outlook"]["lines"]
    assert lines[:2] == [  # type: ignore[index]
        "org/base is on this machine already (4.0 GB).",
        "To merge, these have to be downloaded too: org/other (3.0 GB).",
    ]
    assert "Measuring on texts before it takes about 2 min." in lines  # type: ignore[operator]
    assert "more memory than the 500.0 MB that are free" in lines[-2]  # type: ignore[index]
    assert "more disk than the 1 B" in lines[-1]  # type: ignore[index]
    assert page["fetch"] == {"interactive": False}
