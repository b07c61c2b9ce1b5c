"""A company's own questions, from a Shift_JIS table to a merge that is only exported when green."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE, ROOT, App, assert_accessible, serving

pytestmark = pytest.mark.e2e
QUESTIONS = 80
HARMFUL = "4"
"""A scale at which a donor's change drowns what the donor before it knew."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("gates") / "home") as served:
        yield served


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Dates to be read, Japanese eras among them, as Excel saves them in Japan; a row is empty."""
    lines = (ROOT / "assets/demo/eval/dates.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines[:QUESTIONS]]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(["備考", "正解", "質問"])
    rows.writerows(["契約", item["answer"], item["prompt"]] for item in items)
    rows.writerow(["空欄", "", ""])
    path = tmp_path / "契約の日付.csv"
    path.write_bytes(text.getvalue().encode("shift_jis"))
    return path


def choose(page: Page, box: str, option: str) -> None:
    """Choose in a drop-down list, by its text."""
    page.locator(f"{box} input").click()
    page.locator(box).get_by_role("option", name=option, exact=True).click()


def put(page: Page, slider: str, value: str) -> None:
    """Type beside a slider."""
    number = page.locator(f"{slider} input[type=number]")
    number.fill(value)
    number.press("Enter")


def upload(page: Page, table: Path) -> None:
    page.locator("#stepper button").nth(4).click()
    page.get_by_text("Your own questions").click()
    page.locator("#own-file input[type=file]").set_input_files(str(table))
    expect(page.locator("#own-sheet")).to_contain_text("Shift_JIS", timeout=PATIENCE)
    choose(page, "#own-prompt", "質問")
    choose(page, "#own-answer", "正解")
    choose(page, "#own-donor", "dates")
    expect(page.locator("#own-counts")).to_contain_text(f"{QUESTIONS} questions", timeout=PATIENCE)
    expect(page.locator("#own-problems")).to_contain_text(f"Line {QUESTIONS + 2}")
    expect(page.locator("#own-prompts")).to_contain_text("1 of 5")
    page.locator("#own-save").click()
    expect(page.locator("#own-sets")).to_contain_text(table.stem, timeout=PATIENCE)


def test_own_questions_gate_a_merge(app: App, open_page: Callable[..., Page], table: Path) -> None:
    page = open_page(app.address)
    page.wait_for_selector("#cards [data-state=ready]", timeout=PATIENCE)
    expect(page.locator("#jobbar")).to_contain_text("Check of the models: done", timeout=PATIENCE)
    page.locator("#next-screen").click()
    page.locator("#estimator").get_by_label("Size of the change").check()
    page.locator("#compute").click()
    page.wait_for_selector("#grid [data-state=ready]", timeout=PATIENCE)
    upload(page, table)

    page.locator("#stepper button").nth(3).click()
    recipe = page.locator("#recipe")
    put(page, "#rounds", "1")
    expect(recipe).to_contain_text("rounds: 1\n")
    put(page, "#scale1", HARMFUL)
    expect(recipe).to_contain_text(f"scale: {HARMFUL}")
    page.locator("#when").get_by_label("after each turn").check()
    page.get_by_text("Rules for a safe merge").click()
    page.get_by_label("Judge the merge by rules").check()
    page.locator("#drop1").click()
    choose(page, "#about0", f"{table.stem}: against its donor")
    put(page, "#limit0", "50")
    page.locator("#run").click()

    expect(page.locator("#verdicts")).to_contain_text(
        "The merge paused at turn 2: a rule is broken", timeout=PATIENCE
    )
    flips = page.locator("#flips")
    expect(flips).to_contain_text("Expected")
    for name in ("Base", "OBIM"):
        expect(flips).to_contain_text(name)
    assert_accessible(page)

    page.locator("#stepper button").nth(5).click()
    expect(page.locator("#export-warnings")).to_contain_text("Red")
    page.locator("#stepper button").nth(3).click()
    page.locator("#go-green").click()
    turns = page.locator("#counters dd").first
    expect(turns).to_have_text(re.compile("^1/3$"), timeout=PATIENCE)
    page.locator("#stepper button").nth(5).click()
    expect(page.locator("#export-turn")).to_contain_text("Green: this turn keeps all rules")
    expect(page.locator("#export-warnings")).to_contain_text("turn 1 of 3")
    expect(page.locator("#export-warnings")).not_to_contain_text("Red")
    page.locator("#write").click()
    page.wait_for_selector("#result [data-state=ready]", timeout=PATIENCE)
    folder = Path(page.locator("#result .ob-path code").inner_text())
    kept = json.loads((folder / "evaluation.json").read_text("utf-8"))
    named = [score["title"] for score in kept["scores"]]
    assert (kept["turn"], table.stem in named) == (1, True)
    assert f"| {table.stem} |" in (folder / "README.md").read_text("utf-8")
