"""The field for a model of the hub on the Models screen, without a browser and without a hub."""

import pytest

from obim import Download, JobState
from tests.ui.test_handlers import asked, change
from ui import views
from ui.handlers import Desk
from ui.refusals import Refused
from ui.screens.models import fetch
from ui.session import Session


def shown(desk: Desk, session: Session, lang: str = "en") -> dict[str, dict[str, object]]:
    session.lang = "ja" if lang == "ja" else "en"
    return views.page(desk.state(session), session, desk.studio.models())


def test_a_downloaded_model_can_be_chosen_at_once(desk: Desk, session: Session) -> None:
    before = shown(desk, session)
    assert before["hub_note"]["lines"] == []
    fetch(desk, session, " org/base ")
    fetch(desk, session, "org/lora@v1")
    assert asked(desk)[-2:] == [Download("org/base"), Download("org/lora@v1")]
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
    with pytest.raises(Refused, match="org/name@revision") as error:
        fetch(desk, session, typed)
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
