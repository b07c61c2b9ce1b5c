"""The demo from the first screen to a folder that answers in plain transformers as the page did."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE, App, assert_accessible, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("demo") / "home") as served:
        yield served


def job_done(page: Page, words: str) -> None:
    expect(page.locator("#jobbar")).to_contain_text(words, timeout=PATIENCE)


def answer_to(code: str, folder: Path) -> str:
    """What a snippet prints that is run in the folder, with nothing of OBIM Studio."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_all_screens_in_both_languages(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page(app.address)
    page.wait_for_selector("#cards [data-state=ready]", timeout=PATIENCE)
    job_done(page, "Check of the models: done")
    page.locator("#next-screen").click()
    page.locator("#compute").click()
    page.wait_for_selector("#grid [data-state=ready]", timeout=PATIENCE)
    job_done(page, "Saliency: done")
    page.locator("#grid .ob-cell").nth(9).click()
    page.wait_for_selector("#canvas [data-state=ready]")
    page.locator("#stepper button").nth(3).click()
    page.locator("#when").get_by_label("off").check()
    page.locator("#step_round").click()
    turns = page.locator("#counters dd").first
    expect(turns).to_have_text(re.compile("^[1-9][0-9]*/"), timeout=PATIENCE)
    page.locator("#when").get_by_label("after each turn").check()  # slow enough to be stopped
    page.locator("#run").click()
    job_done(page, "Merge: ")  # running, or scoring
    page.locator("#stop").click()
    job_done(page, "Stopped after turn")
    page.locator("#when").get_by_label("off").check()
    page.locator("#run").click()
    page.reload()
    expect(turns).to_have_text(re.compile(r"^(\d+)/\1$"), timeout=PATIENCE)
    job_done(page, "Turn 30 of 30 done")

    page.locator("#lang").get_by_label("日本語").check()
    expect(page.locator("#stepper")).to_contain_text("書き出し")
    page.locator("#next-screen").click()
    for box in page.locator("#which input:checked").all()[::-1]:
        box.uncheck()
    page.locator("#which").get_by_label("OBIM").check()
    page.locator("#which").get_by_label("ベース").check()
    page.locator("#evaluate").click()
    page.wait_for_selector("#scores [data-state=ready]", timeout=PATIENCE)
    job_done(page, "評価: 完了")
    page.locator("#ask").click()
    said = page.locator("#right-text textarea")
    expect(said).to_have_value(re.compile(".+"), timeout=PATIENCE)

    page.locator("#next-screen").click()
    page.locator("#write").click()
    page.wait_for_selector("#result [data-state=ready]", timeout=PATIENCE)
    expect(page.locator("#result")).to_contain_text("ビット単位で一致")
    for _ in ("light", "dark"):
        assert_accessible(page)
        page.locator("#dark").click()
    path = Path(page.locator("#result .ob-path code").inner_text())
    snippet = page.locator("#result .ob-code code").inner_text()
    (card,) = re.findall(r"```python\n(.*?)```", (path / "README.md").read_text("utf-8"), re.S)
    for code in (snippet, card):
        assert answer_to(code, path.parent) == said.input_value().strip()
