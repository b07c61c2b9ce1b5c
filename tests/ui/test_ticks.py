"""Which models are to be scored: what the user ticked stays, whatever else the page does."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from obim import Advance, Back
from tests.ui.conftest import TOKEN, Act
from tests.ui.fake_studio import HOSTILE
from ui import views
from ui.handlers import Desk
from ui.session import Session, Sessions

ALL = ["base", "Dates", "Orders", HOSTILE, "linear", "merged"]


@pytest.fixture
def shown(desk: Desk) -> Callable[[], dict[str, dict[str, Any]]]:
    """What a page shows of the session as a server that starts anew reads it."""

    def paint() -> dict[str, dict[str, Any]]:
        session = Sessions(desk.home / "sessions").get(TOKEN)
        return views.page(desk.state(session), session, desk.studio.models())

    return paint


def test_ticks_outlive_language_reload_and_other_models(
    desk: Desk, act: Act, shown: Callable[[], dict[str, dict[str, Any]]]
) -> None:
    assert shown()["which"]["value"] == ALL
    assert shown()["others"]["value"] == []
    before = shown()
    act("tick_models", ["base", "merged"], ["ties"], ["obim:random"])
    act("set_language", "ja")
    sent = views.changes(before, shown(), True)
    assert [sent[name]["value"] for name in ("which", "others", "ablations")] == [
        ["base", "merged"], ["ties"], ["obim:random"],
    ]  # fmt: skip
    act("enter", "ja")
    run = str(desk.studio.current())
    desk.studio.submit(run, Back(0))
    assert shown()["which"]["value"] == ["base"]
    desk.studio.submit(run, Advance(1))
    assert shown()["which"]["value"] == ["base", "merged"]


def test_another_run_begins_with_what_is_usual(desk: Desk, act: Act) -> None:
    act("tick_models", [], ["ties"], [])
    session = Sessions(desk.home / "sessions").get(TOKEN)
    assert session.ticks["ties"]
    session.show(desk.studio.create(desk.studio.default_spec()))
    assert session.ticks == Session().ticks == {}


@pytest.mark.parametrize("told", [(["ties"], [], []), ([], ["base"], []), ([], [], ["no model"])])
def test_a_model_of_another_box_is_refused(desk: Desk, act: Act, told: Any) -> None:
    with pytest.raises(gr.Error):
        act("tick_models", *told)
    assert Sessions(desk.home / "sessions").get(TOKEN).ticks == {}
