"""Reload, restart, Stop, two languages and two tabs, on tiny models in the real app."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App, assert_accessible, serving
from tests.tiny import save_donor, save_tiny

pytestmark = pytest.mark.e2e
LATER = 120_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("small")
    base = save_tiny(folder / "models" / "base")
    for seed in (1, 2):
        save_donor(folder / "models" / f"donor-{seed}", base, seed=seed)
    with serving(folder / "home", folder / "models") as served:
        yield served


def pick(page: Page, app: App, names: tuple[str, ...] = ("donor-1", "donor-2")) -> None:
    """Type the folders one after the other, as a user with own models does; wait for nothing."""
    root = app.roots[0]
    page.locator("#base input").fill(str(root / "base"))
    page.locator("#base input").press("Enter")
    while page.locator("#donors .token-remove").count():
        page.locator("#donors .token-remove").last.click()
    for name in names:
        page.locator("#donors input").fill(str(root / name))
        page.locator("#donors input").press("Enter")


def choose(page: Page, app: App) -> None:
    """Pick the models and check them."""
    pick(page, app)
    page.locator("#check").click()
    expect(page.locator("#cards h3")).to_have_count(3, timeout=LATER)


def to_merge(page: Page) -> None:
    expect(page.locator("#next-screen")).to_be_enabled(timeout=LATER)
    page.locator("#next-screen").click()
    page.locator("#estimator").get_by_label("Size of the change").check()
    expect(page.locator("#compute")).to_be_enabled(timeout=LATER)
    page.locator("#compute").click()
    page.wait_for_selector("#grid [data-state=ready]", timeout=LATER)
    expect(page.locator("#next-screen")).to_be_enabled(timeout=LATER)
    page.locator("#stepper button").nth(3).click()
    expect(page.locator("#step")).to_be_enabled(timeout=LATER)


def turns(page: Page, text: str) -> None:
    expect(page.locator("#counters dd").first).to_have_text(re.compile(text), timeout=LATER)


def test_own_models_from_folder_to_restart(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page(app.address)
    choose(page, app)
    to_merge(page)
    page.locator("#step").click()
    turns(page, "^1/20$")
    page.locator("#step_round").click()
    turns(page, "^2/20$")

    page.locator("#lang").get_by_label("日本語").check()
    expect(page.locator("#step")).to_have_text("1 ターン進める")
    page.locator("#step").click()
    turns(page, "^3/20$")
    expect(page.locator("#jobbar")).to_contain_text("ターン 3 まで完了")
    page.locator("#lang").get_by_label("English").check()

    page.reload()
    turns(page, "^3/20$")
    expect(page.locator("#step")).to_be_visible()

    second = open_page(app.address)
    expect(second.locator("#stepper")).to_contain_text("3/20", timeout=LATER)

    app.stop()
    app.start()
    page.goto(app.address)
    turns(page, "^3/20$")
    page.locator("#back").click()
    turns(page, "^2/20$")
    page.locator("#run").click()
    turns(page, "^20/20$")
    expect(page.locator("#density0 input").first).to_be_disabled()


def test_quick_picks_count_and_a_second_check_leaves_turns_alone(
    app: App, open_page: Callable[..., Page]
) -> None:
    page = open_page(app.address)
    pick(page, app, ("donor-2", "donor-1"))
    cards = page.locator("#cards h3")
    expect(cards).to_have_text(["base", "donor-2", "donor-1"], timeout=LATER)
    to_merge(page)
    page.get_by_text("Advanced").click()
    page.locator("#exclude textarea, #exclude input").fill("*norm*")
    expect(page.locator("#recipe")).to_contain_text("norm", timeout=LATER)
    page.locator("#step").click()
    turns(page, "^1/20$")
    page.locator("#stepper button").first.click()
    page.locator("#check").click()
    expect(page.locator("#jobbar")).to_contain_text("Check of the models: done", timeout=LATER)
    expect(page.locator("#stepper")).to_contain_text("1/20")


def test_a_folder_outside_the_roots_gets_a_sentence(
    app: App, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(app.address)
    page.locator("#base input").fill(str(tmp_path))
    page.locator("#base input").press("Enter")
    expect(page.locator("#jobbar")).to_contain_text(str(tmp_path), timeout=LATER)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_any_screen(
    app: App, open_page: Callable[..., Page], dark: bool
) -> None:
    assert_accessible(open_page(app.address, dark=dark))
