"""Interference seen, settings dragged, a donor switched off, a report taken home: on the demo."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE, App, assert_accessible, serving

pytestmark = pytest.mark.e2e
PROMPT = "The lease ends on 令和3年3月5日."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("insight") / "home") as served:
        yield served


def choose(page: Page, box: str, option: str | re.Pattern[str]) -> None:
    """Choose in a drop-down list, by its text."""
    page.locator(f"{box} input").click()
    page.locator(box).get_by_role("option", name=option).first.click()


def put(page: Page, slider: str, value: str) -> None:
    """Type beside a slider."""
    number = page.locator(f"{slider} input[type=number]")
    number.fill(value)
    number.press("Enter")


def go_to(page: Page, screen: int) -> None:
    page.locator("#stepper button").nth(screen).click()


def done(page: Page, text: str) -> None:
    expect(page.locator("#jobbar")).to_contain_text(text, timeout=PATIENCE)


def merge_all(page: Page) -> None:
    go_to(page, 3)
    page.locator("#when").get_by_label("off").check()
    page.locator("#run").click()
    done(page, "Turn 30 of 30 done")


def explore(page: Page) -> None:
    """Donors compared: a sentence of a place, its heatmap, and the tensor behind it."""
    go_to(page, 2)
    page.locator("#compare").click()
    done(page, "done")
    page.wait_for_selector("#matrix [data-state=ready]", timeout=PATIENCE)
    page.locator("#contests button").first.click()
    page.wait_for_selector("#interference-grid [data-state=ready]")
    page.wait_for_selector("#inside-picture [data-state=ready]", timeout=PATIENCE)


def unfold(page: Page, section: str, fold: str) -> None:
    """Go to a section of the Interference screen by its button above."""
    page.locator(".ob-jumps").get_by_role("button", name=section, exact=True).click()
    expect(page.locator(f"{fold} > button")).to_have_attribute("aria-expanded", "true")


def drag(page: Page) -> None:
    """Density is dragged: a preview of stated rows, then the exact figures."""
    expect(page.locator("#wi-table")).to_be_hidden()
    unfold(page, "What if", "#fold-what-if")
    page.wait_for_selector("#wi-table [data-state=ready]", timeout=PATIENCE)
    table = page.locator("#wi-table")
    before = table.inner_text()
    put(page, "#wi-density0", "0.05")
    status = page.locator("#wi-status")
    expect(status).to_contain_text("Preview", timeout=PATIENCE)
    expect(table).not_to_have_text(before, timeout=PATIENCE)
    expect(status).to_contain_text("Exact", timeout=PATIENCE)


def ask(page: Page) -> str:
    """What the right-hand model answers."""
    page.locator("#prompt textarea").fill(PROMPT)
    page.locator("#ask").click()
    said = page.locator("#right-text textarea")
    expect(said).to_have_value(re.compile(".+"), timeout=PATIENCE)
    return said.input_value()


def test_interference_what_if_switches_and_report(
    app: App, open_page: Callable[..., Page], browser: Browser, tmp_path: Path
) -> None:
    page = open_page(app.address)
    page.wait_for_selector("#cards [data-state=ready]", timeout=PATIENCE)
    done(page, "Check of the models: done")
    page.locator("#next-screen").click()
    page.locator("#estimator").get_by_label("Size of the change").check()
    page.locator("#compute").click()
    page.wait_for_selector("#grid [data-state=ready]", timeout=PATIENCE)
    done(page, "Saliency: done")
    explore(page)
    drag(page)
    merge_all(page)
    go_to(page, 4)
    choose(page, "#right-model", re.compile("^OBIM"))
    whole = ask(page)
    page.locator("#on0 input").uncheck()
    expect(page.locator("#switch-warning")).to_contain_text("isn't the merge")
    choose(page, "#right-model", re.compile("without"))
    expect(page.locator("#right-text textarea")).to_have_value("")
    assert ask(page) != whole
    go_to(page, 2)
    unfold(page, "Owners", "#fold-owners")
    unfold(page, "Order", "#fold-orders")
    expect(page.locator("#owners-facts")).to_contain_text("After turn 30 of 30", timeout=PATIENCE)
    assert_accessible(page)

    go_to(page, 5)
    for lang, name, words in (("en", "English", "Recommendation"), ("ja", "日本語", "推奨")):
        page.locator("#report-lang").get_by_label(name).check()
        with page.expect_download(timeout=PATIENCE) as got:
            page.locator("#report-save").click()
        path = tmp_path / f"{lang}.html"
        got.value.save_as(path)
        opens_offline(browser, path, lang, words)


def opens_offline(browser: Browser, path: Path, lang: str, words: str) -> None:
    """The file opens without a network, draws its charts, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.locator("body")).to_contain_text(words)
    page.wait_for_selector(".js-plotly-plot svg")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(page, options=rules).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found] == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()
