"""The saved report in a real browser without a network, on paper, and saved from the page."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ui.serving import environment, launch_kwargs

environment()

from playwright.sync_api import Browser, Page, expect  # noqa: E402

from tests.ui.fake_studio import HOSTILE, FakeStudio  # noqa: E402
from tests.ui.report_run import finished_run  # noqa: E402
from tests.ui.test_report import check_figures, written  # noqa: E402
from ui.app import build  # noqa: E402
from ui.screens.wiring import LABELS  # noqa: E402

pytestmark = pytest.mark.e2e
LANGUAGES = pytest.mark.parametrize("lang", ["en", "ja"])
Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report offline; any request but for the file itself, or any error, fails."""
    contexts, wrong = [], []

    def show(text: str, width: int = 1280) -> Page:
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8", newline="\n")
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: r.url == path.as_uri() or wrong.append(r.url[:100]))
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri())
        for box in page.locator("[data-chart]").all():
            expect(box).to_have_attribute("data-drawn", "yes")
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


@LANGUAGES
def test_the_report_opens_offline_with_its_charts_and_axe_finds_nothing(
    opened: Open, lang: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(written(finished_run(), lang))
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.locator("[data-chart] .main-svg").count() >= 3
    assert HOSTILE in page.inner_text("h1")
    assert page.evaluate("document.querySelectorAll('h1 b, td b, li b:not(.sign)').length") == 0
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    found = Axe().run(page, options=rules).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found] == []


def test_charts_answer_the_pointer(opened: Open) -> None:
    page = opened(written(finished_run(), "en"))
    page.locator("#chart-owners").scroll_into_view_if_needed()
    page.hover("#chart-owners .barlayer .point >> nth=2", force=True)
    expect(page.locator("#chart-owners .hoverlayer .hovertext").first).to_be_visible()


def test_nothing_is_asked_for_even_where_something_tries(browser: Browser, tmp_path: Path) -> None:
    text = written(finished_run(), "en").replace("</h1>", "</h1><script>hit = 1</script>")
    (tmp_path / "report.html").write_text(text, encoding="utf-8", newline="\n")
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    refused = page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
          const image = document.createElement("img");
          image.src = "https://example.org/beacon.png";
          document.body.append(image);
        })"""
    )
    assert refused == "img-src"
    assert page.evaluate("typeof hit") == "undefined"
    assert [url for url in asked if url.startswith("http")] == []
    page.context.close()


@LANGUAGES
def test_it_prints_on_a4_without_cutting(opened: Open, lang: str, tmp_path: Path) -> None:
    page = opened(written(finished_run(), lang), 390)  # saved from a phone, too
    page.emulate_media(media="print")
    assert not page.locator("#print").is_visible()
    page.emulate_media(media=None)
    made = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", made)
    assert len(sizes) > 3
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(595, 842)}  # A4 in points


def test_charts_take_the_width_of_the_paper_while_printing(opened: Open) -> None:
    page = opened(written(finished_run(), "en"), 390)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wide = "document.querySelector('#chart-scores-1 .main-svg').clientWidth"
    page.wait_for_function(f"{wide} === 672")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(f"{wide} < 390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeStudio]]:
    home, studio = tmp_path_factory.mktemp("home"), FakeStudio()
    state = finished_run()
    studio.runs[state.id] = state
    studio.latest = state.id
    blocks = build(studio, home, [home])  # type: ignore[arg-type]
    settings: dict[str, Any] = launch_kwargs(port=1, i18n=LABELS, blocked_paths=[home])
    _, address, _ = blocks.launch(**settings | {"server_port": None}, prevent_thread_lock=True)
    yield address, studio
    blocks.close()


def test_the_export_screen_saves_the_report_in_both_languages(
    browser: Browser, served: tuple[str, FakeStudio], tmp_path: Path
) -> None:
    address, studio = served
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page = context.new_page()
    page.goto(address)
    page.locator("#stepper button").last.click()
    expect(page.locator("#report-save")).to_be_enabled()
    expect(page.locator("#report-lang input[value=ja]")).to_be_checked()  # the page's own
    for lang, name in (("ja", "日本語"), ("en", "English")):
        page.locator("#report-lang label", has_text=name).click()
        with page.expect_download() as waiting:
            page.click("#report-save")
        assert waiting.value.suggested_filename == f"obim-report-run-1-{lang}.html"
        waiting.value.save_as(tmp_path / "saved.html")
        text = (tmp_path / "saved.html").read_text(encoding="utf-8")
        assert f'<html lang="{lang}">' in text
        assert check_figures(text, studio.state("run-1"))
    context.close()
