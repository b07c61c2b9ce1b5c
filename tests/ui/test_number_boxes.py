"""Number boxes: what is typed into one is in force, or it is taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from ui.serving import environment, launch_kwargs

environment()

from playwright.sync_api import Browser, Page, expect  # noqa: E402

from obim import Calibrate, Check, WorkerError  # noqa: E402
from tests.ui.conftest import TOKEN  # noqa: E402
from tests.ui.fake_studio import FakeStudio  # noqa: E402
from ui import views  # noqa: E402
from ui.app import build  # noqa: E402
from ui.handlers import Desk  # noqa: E402
from ui.refusals import Empty, Outside, Refused  # noqa: E402
from ui.screens.number_boxes import NumberBox, Slider  # noqa: E402
from ui.screens.wiring import LABELS  # noqa: E402
from ui.session import Session  # noqa: E402


@pytest.mark.parametrize(
    ("sent", "read"),
    [(None, Empty()), (0, 0), (0.333, 0.333), (1, 1)]
    + [(bad, Outside(0, 1, False)) for bad in (99, -1, 1e9, float("nan"), "0.5", True, [1])],
)
def test_a_box_says_what_stands_in_it(sent: Any, read: Any) -> None:
    assert Slider(0, 1, 0.5, step=0.01).preprocess(sent) == read


def test_boxes_of_whole_numbers_take_no_others() -> None:
    assert Slider(1, 60, 10, step=1).preprocess(3.5) == Outside(1, 60, True)
    assert NumberBox(0, precision=0, minimum=0, maximum=9).preprocess(3.5) == Outside(0, 9, True)
    assert NumberBox(0, precision=0, minimum=0, maximum=9).preprocess(3) == 3


def test_every_number_box_of_the_page_is_one_of_these(tmp_path: Path) -> None:
    blocks = build(FakeStudio(), tmp_path, [tmp_path])  # type: ignore[arg-type]
    boxes = [b for b in blocks.blocks.values() if isinstance(b, (gr.Slider, gr.Number))]
    assert all(isinstance(box, (Slider, NumberBox)) for box in boxes)
    assert len(boxes) == len(views.NUMBERS)
    assert not any(box.get_config()["buttons"] for box in boxes if isinstance(box, Slider))


def test_an_empty_box_asks_for_nothing(desk: Desk, session: Session) -> None:
    asked: list[Any] = []
    session.error, before = "as it was", session.revision
    desk.guard(lambda session, *values: asked.append(values))(TOKEN, 1, Empty())
    assert (asked, session.error, session.revision) == ([], "as it was", before)


@pytest.mark.parametrize(
    ("lang", "whole", "words"),
    [
        ("en", False, "A number from 0 to 4, please."),
        ("en", True, "A whole number from 0 to 4, please."),
        ("ja", False, "0 から 4 までの数"),
        ("ja", True, "0 から 4 までの整数"),
    ],
)
def test_a_number_out_of_range_is_refused_in_words(
    desk: Desk, session: Session, lang: Any, whole: bool, words: str
) -> None:
    asked: list[Any] = []
    session.lang = lang
    with pytest.raises(gr.Error, match=words):
        desk.guard(lambda session, *values: asked.append(values))(TOKEN, Outside(0, 4, whole))
    assert asked == []


def test_boxes_are_painted_again_when_their_numbers_were_refused(
    desk: Desk, session: Session
) -> None:
    def refuse(session: Session, *values: Any) -> None:
        raise Refused("error.density")

    before = session.epoch
    with pytest.raises(gr.Error):
        desk.guard(refuse)(TOKEN)  # a button: what is typed elsewhere stays
    assert session.epoch == before
    with pytest.raises(gr.Error):
        desk.guard(refuse)(TOKEN, 0.2)
    assert session.epoch > before
    shown = views.page(desk.state(session), session, ())
    assert views.changes(shown, shown, True) == {}
    sent = views.changes(shown, shown, False)
    assert set(sent) == views.NUMBERS
    assert sent["wi_density0"] == {"value": shown["wi_density0"]["value"]}


def test_a_scale_beyond_the_slider_has_its_place_on_it(desk: Desk, session: Session) -> None:
    spec = desk.state(session).spec
    donors = (spec.donors[0].model_copy(update={"scale": 6.0}), *spec.donors[1:])
    session.show(desk.studio.create(spec.model_copy(update={"donors": donors})))
    shown = views.page(desk.state(session), session, ())
    for name in ("scale", "wi_scale"):
        assert [shown[f"{name}{i}"]["maximum"] for i in range(2)] == [6.0, 4]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, FakeStudio]]:
    """The page on the section What if."""
    studio = FakeStudio()
    run = studio.create(studio.default_spec())
    for job in (Check(), Calibrate()):
        studio.submit(run, job)
    blocks = build(studio, tmp_path, [tmp_path])  # type: ignore[arg-type]
    settings = launch_kwargs(port=1, i18n=LABELS) | {"server_port": None}
    _, address, _ = blocks.launch(**settings, prevent_thread_lock=True)
    page = browser.new_context(locale="en-US").new_page()
    page.goto(address)
    page.locator("#stepper button").nth(2).click()
    page.locator("#fold-what-if > button.label-wrap").click()
    expect(page.locator("#wi-status")).to_contain_text("Exact")
    yield page, studio
    page.context.close()
    blocks.close(verbose=False)


@pytest.mark.e2e
def test_a_box_left_with_what_is_not_in_force_takes_back_what_is(
    opened: tuple[Page, FakeStudio], capfd: pytest.CaptureFixture[str]
) -> None:
    page, studio = opened
    box = page.locator("#wi-density0 input[type=number]")
    for typed in ("99", "1e9", "-1", ""):
        box.fill(typed)
        page.locator("#wi-rounds input[type=number]").focus()
        expect(box).to_have_value("0.3")
    expect(page.locator(".toast-body")).to_contain_text("A number from 0 to 1, please.")
    box.fill("0.2")
    box.fill("")
    box.press("Enter")
    expect(box).to_have_value("0.2")

    def gone(*more: Any, **settings: Any) -> Any:
        raise WorkerError("The worker is gone.")

    expect(page.locator("#wi-status")).to_contain_text("Preview")
    studio.read = gone  # type: ignore[method-assign]
    box.fill("0.9")  # a number of the range, but nothing is foreseen of it
    expect(box).to_have_value("0.2")
    assert "Traceback" not in "".join(capfd.readouterr())
