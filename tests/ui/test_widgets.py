"""Every widget in a real browser: painted as text, usable by keyboard, readable, at any width."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ui.serving import environment

environment()

from playwright.sync_api import Browser, Page  # noqa: E402

from tests.ui import gallery  # noqa: E402
from ui import widgets  # noqa: E402
from ui.serving import launch_kwargs  # noqa: E402
from ui.widgets.base import STATIC  # noqa: E402

CLASSES = [getattr(widgets, name) for name in widgets.__all__ if name != "Widget"]
PARTS = [
    "stepper", "job", "counters", "cards", "grid", "canvas", "histogram", "matrix", "findings",
    "occupancy", "curves", "scores", "dots", "items", "verdicts", "result", "recipe",
    "picture", "overlap",
    "scatter", "bars",
]  # fmt: skip


@pytest.mark.parametrize("cls", CLASSES)
def test_a_value_never_meets_a_template(cls: type[widgets.Widget]) -> None:
    widget = cls({"rev": 1})
    assert widget.html_template == widget.css_template == ""
    assert json.loads(widget.value) == {"rev": 1}


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_scripts_build_text_nodes_only(path: Any) -> None:
    parsing = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(parsing, path.read_text(encoding="utf-8"))


def test_importing_widgets_writes_no_stub_files() -> None:
    assert not list((STATIC.parent / "widgets").glob("*.pyi"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = gallery.build()
    page.launch(**launch_kwargs(port=port), prevent_thread_lock=True)
    yield f"http://127.0.0.1:{port}/"
    page.close(verbose=False)


def open_gallery(browser: Browser, address: str, width: int = 1280) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-US")
    page = context.new_page()
    page.goto(address)
    for part in PARTS:
        page.wait_for_selector(f"#{part} [data-rev]")
    page.wait_for_function("document.querySelector('#token textarea, #token input').value")
    return page


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    return open_gallery(browser, address)


@pytest.mark.e2e
def test_no_request_leaves_the_machine_and_no_console_error(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    hosts, errors = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#recipe [data-rev]")
    assert hosts <= {"127.0.0.1", ""}
    assert errors == []
    context.close()


@pytest.mark.e2e
def test_hostile_names_are_shown_as_they_are(page: Page) -> None:
    for part in ("cards", "items", "recipe"):
        assert gallery.HOSTILE in page.inner_text(f"#{part}").replace("\n", " ")
        assert page.locator(f"#{part} b", has_text="${").count() == 0
    assert page.title() == "Gallery"


@pytest.mark.e2e
def test_a_cell_is_picked_by_click_and_by_keyboard(page: Page) -> None:
    heard = page.locator("#heard textarea, #heard input")
    page.click('#grid [aria-label^="Layer 5, v_proj"]')
    page.wait_for_selector('#grid [data-rev="en5.v_proj"]')
    assert heard.input_value() == "5.v_proj"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Layer 5")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector('#grid [data-rev="en6.o_proj"]')
    assert heard.input_value() == "6.o_proj"
    assert page.locator('#grid [tabindex="0"]').count() == 1


@pytest.mark.e2e
def test_arrow_keys_step_over_a_missing_tensor_and_reach_the_extra_rows(page: Page) -> None:
    label = "document.activeElement.getAttribute('aria-label')"
    page.focus('#grid [aria-label^="Layer 0, v_proj"]')
    page.keyboard.press("ArrowDown")
    assert page.evaluate(label).startswith("Layer 2, v_proj")
    page.focus('#grid [aria-label^="Layer 29, v_proj"]')
    page.keyboard.press("ArrowDown")
    assert page.evaluate(label).startswith("Embedding")


@pytest.mark.e2e
def test_a_pair_of_donors_is_picked_by_click_and_by_keyboard(page: Page) -> None:
    heard = page.locator("#heard textarea, #heard input")
    page.click('#matrix button[data-at="2,0"]')
    page.wait_for_selector('#matrix [data-rev="en[0, 2]"]')
    assert heard.input_value() == "pair [0, 2]"
    pressed = page.locator('#matrix [aria-pressed="true"]')
    assert pressed.count() == 2  # both ways
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # over the diagonal
    assert page.evaluate("document.activeElement.dataset.at") == "2,3"
    page.keyboard.press("ArrowRight")  # totals can't be picked
    assert page.evaluate("document.activeElement.dataset.at") == "2,3"
    page.keyboard.press("Enter")
    page.wait_for_selector('#matrix [data-rev="en[2, 3]"]')
    assert page.evaluate("document.activeElement.dataset.at") == "2,3"
    assert page.locator('#matrix [tabindex="0"]').count() == 1


@pytest.mark.e2e
def test_a_matrix_without_directions_shows_each_pair_once(page: Page) -> None:
    assert page.locator("#matrix-2 button[data-at]").count() == 1
    assert page.locator("#matrix-8 button[data-at]").count() == 56


@pytest.mark.e2e
def test_two_hues_have_a_pale_middle(page: Page) -> None:
    left, middle, right = page.evaluate("[0, 0.5, 1].map((v) => OB.shade(v, true))")
    assert left[2] > left[0]
    assert right[0] > right[2]
    assert min(middle) > 200


@pytest.mark.e2e
def test_a_finding_is_picked(page: Page) -> None:
    page.click('#findings [data-index="2"]')
    page.wait_for_function(
        "document.querySelector('#heard textarea, #heard input').value === 'finding'"
    )
    assert page.locator('#findings [aria-pressed="true"]').count() == 1


@pytest.mark.e2e
def test_stepper_goes_to_open_steps_only(page: Page) -> None:
    page.click('#stepper [data-step="4"]', force=True)  # locked: nothing happens
    page.click('#stepper [data-step="3"]')
    page.wait_for_selector('#stepper [data-rev="en3"]')
    assert page.get_attribute('#stepper [data-step="3"]', "aria-current") == "step"
    assert page.locator("#heard textarea, #heard input").input_value() == "step 3"


@pytest.mark.e2e
def test_a_new_screen_begins_at_its_top(page: Page) -> None:
    step = page.get_attribute("#stepper [aria-current=step]", "data-step")
    page.evaluate("scrollTo(0, 700)")
    page.evaluate(
        f"document.querySelector('#stepper [data-step=\"{1 - int(step == '1')}\"]').click()"
    )
    page.wait_for_function("scrollY === 0")


@pytest.mark.e2e
def test_an_exports_path_and_its_snippet_can_be_copied(page: Page) -> None:
    buttons = page.locator("#result .ob-copy")
    assert buttons.count() == 2
    buttons.first.click()
    page.wait_for_selector("#result .ob-path .ob-copy:text('Copied')")


@pytest.mark.e2e
def test_occupancy_moves_the_bars_it_has(page: Page) -> None:
    first = page.locator("#occupancy .ob-stack").first
    first.evaluate("node => { node.kept = true; }")
    base = "node => parseFloat(node.querySelector('.ob-base').style.height)"
    before = first.evaluate(base)
    page.click("#turn")
    page.wait_for_selector('#occupancy [data-rev="en18"]')
    assert first.evaluate("node => node.kept") is True
    assert first.evaluate(base) < before
    page.click("#occupancy summary")
    assert page.locator("#occupancy tbody tr").count() == 30


@pytest.mark.e2e
def test_canvas_paints_and_tells_the_value_under_the_pointer(page: Page) -> None:
    page.hover("#canvas canvas", position={"x": 5, "y": 5})
    assert re.match(r"row \d+, column \d+ · saliency \S+", page.inner_text("#canvas .ob-tip"))
    colours = page.evaluate(
        "(() => { const c = document.querySelector('#canvas canvas');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, 64, 64).data.buffer);"
        "return new Set(d).size; })()"
    )
    assert colours > 20


def picture_window(page: Page) -> list[int]:
    """The window that the picture was last asked for."""
    return [int(n) for n in re.findall(r"\d+", page.input_value("#heard textarea, #heard input"))]


def wait_for_window(page: Page, window: list[int]) -> None:
    page.wait_for_selector(f'#picture [data-rev="en{window}0"]')


@pytest.mark.e2e
def test_a_tensor_is_zoomed_by_mouse_keys_and_buttons(page: Page) -> None:
    whole = [0, *gallery.PICTURE]
    blocks = page.locator("#picture .ob-blocks")
    blocks.evaluate("node => node.scrollIntoView({block: 'center'})")
    box = blocks.bounding_box()
    assert box is not None
    x, y = box["x"], box["y"]
    page.mouse.move(x + box["width"] * 0.251, y + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.495, y + box["height"] * 0.745, steps=4)
    page.mouse.up()
    wait_for_window(page, [288, 432, 384, 768])  # rows of 4 or 5 and columns of 12, whole blocks
    page.focus("#picture .ob-blocks")
    page.keyboard.press("+")
    wait_for_window(page, [324, 396, 480, 672])
    assert page.evaluate("document.activeElement.dataset.act") == "canvas"
    page.keyboard.press("ArrowLeft")
    wait_for_window(page, [324, 396, 384, 576])
    page.keyboard.press("ArrowDown")
    wait_for_window(page, [360, 432, 384, 576])
    page.keyboard.press("-")
    wait_for_window(page, [324, 468, 288, 672])
    page.keyboard.press("Home")
    wait_for_window(page, [0, whole[1], 0, whole[2]])
    assert page.is_disabled("#picture [data-act=up]")
    page.click("#picture [data-act=in]")
    wait_for_window(page, [144, 432, 384, 1152])
    assert picture_window(page) == [144, 432, 384, 1152]
    page.click("#picture [data-act=whole]")
    wait_for_window(page, [0, whole[1], 0, whole[2]])


@pytest.mark.e2e
def test_a_block_tells_its_counts_and_they_add_up(page: Page) -> None:
    page.hover("#picture .ob-blocks", position={"x": 30, "y": 30})
    lines = page.inner_text("#picture .ob-tip").splitlines()
    assert re.match(r"rows \d+–\d+, columns \d+–\d+", lines[0])
    weights = int(lines[1].split()[0])
    assert sum(int(line.rsplit(": ", 1)[1]) for line in lines[2:]) == weights
    page.focus("#picture .ob-blocks")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    said = page.inner_text("#picture .ob-sr[aria-live]")
    assert said.startswith("rows 288–291, columns 780–791. 48 weights. ")
    page.hover("#picture .ob-side-right", position={"x": 5, "y": 30})
    assert "%" in page.inner_text("#picture .ob-tip")
    page.click("#picture summary:text('Rows as a table')")
    assert page.locator("#picture details[open] tbody tr").count() == 128


@pytest.mark.e2e
def test_a_single_weight_tells_every_donors_change(page: Page) -> None:
    for _ in range(5):
        page.click("#picture [data-act=in]")
        page.wait_for_timeout(50)
    page.wait_for_function("!document.querySelector('#picture .ob-waiting').textContent")
    page.hover("#picture .ob-blocks", position={"x": 30, "y": 30})
    lines = page.inner_text("#picture .ob-tip").splitlines()
    assert re.match(r"row \d+, column \d+", lines[0])
    assert sum("delta" in line and "saliency" in line for line in lines) == 4
    page.click("#picture [data-act=whole]")
    wait_for_window(page, [0, gallery.PICTURE[0], 0, gallery.PICTURE[1]])


@pytest.mark.e2e
def test_a_picture_takes_the_colours_of_the_theme(page: Page) -> None:
    first = (
        "(() => { const c = document.querySelector('#picture .ob-blocks');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, 40).data].join(); })()"
    )
    light = page.evaluate(first)
    page.click("#dark")
    page.wait_for_function(f"{first} !== {light!r}")
    page.click("#dark")
    page.wait_for_function(f"{first} === {light!r}")


@pytest.mark.e2e
def test_items_turn_pages_in_the_browser(page: Page) -> None:
    assert page.inner_text("#items .ob-position") == "1 of 2"
    page.click("#items [data-turn=next]")
    assert page.inner_text("#items .ob-position") == "2 of 2"
    assert page.is_disabled("#items [data-turn=next]")
    assert page.evaluate("document.activeElement.dataset.turn") == "previous"
    page.select_option("#items select", "general")
    assert page.inner_text("#items .ob-position") == "1 of 1"


@pytest.mark.e2e
def test_a_chart_painted_while_hidden_fits_when_it_is_shown(page: Page) -> None:
    width = "document.querySelector('#curves svg.ob-plot').clientWidth"
    before = page.evaluate(width)
    page.evaluate("document.querySelector('#curves').style.display = 'none'")
    page.click("#lang label:nth-child(2)")
    page.wait_for_selector('#curves [data-rev="ja"]', state="attached")
    page.evaluate("document.querySelector('#curves').style.display = ''")
    page.wait_for_function(f"{width} === {before}")
    page.click("#lang label:nth-child(1)")
    page.wait_for_selector('#recipe [data-rev="en"]')


@pytest.mark.e2e
def test_a_long_list_of_findings_is_shown_whole_on_demand(page: Page) -> None:
    shown = page.locator("#findings li:visible")
    assert shown.count() == 4
    button = page.locator("#findings .ob-more")
    assert (button.inner_text(), button.get_attribute("aria-expanded")) == ("Show all 8", "false")
    button.click()
    assert shown.count() == 8
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    assert shown.count() == 4


@pytest.mark.e2e
def test_progress_is_announced_with_its_number(page: Page) -> None:
    bar = page.locator("#job [role=progressbar]")
    assert bar.get_attribute("aria-valuenow") == "38"
    assert page.inner_text("#job [role=status]") == "Merging"
    assert page.get_attribute("#job-1 [role=progressbar]", "aria-valuenow") is None


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1280, 390])
def test_language_theme_and_token_stay_with_the_tab(
    browser: Browser, address: str, width: int
) -> None:
    page = open_gallery(browser, address, width)
    token = page.locator("#token textarea, #token input").input_value()
    assert re.fullmatch("[0-9a-f]{32}", token)
    page.click("#lang label:nth-child(2)")
    for part in PARTS:
        page.wait_for_selector(f'#{part} [data-rev^="ja"]')
    page.click("#dark")
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.reload()
    page.wait_for_selector('#recipe [data-rev="ja"]')
    assert page.locator("#token textarea, #token input").input_value() == token
    assert page.evaluate("document.body.classList.contains('dark')")
    page.context.close()


@pytest.mark.e2e
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_any_widget(browser: Browser, address: str, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_gallery(browser, address)
    if dark:
        page.click("#dark")
        page.wait_for_timeout(400)
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    big = {"exclude": [["#grid-80"], ["#occupancy-80"]]}  # the same widgets, many more nodes
    found = Axe().run(page, context=big, options=rules).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []
    page.context.close()


def test_scores_are_saved_by_the_browser(browser: Browser, address: str, tmp_path: Path) -> None:
    page = open_gallery(browser, address)
    saved = {}
    for part, kind in (("scores", "CSV"), ("dots", "SVG"), ("dots", "PNG"), ("dots", "HTML")):
        button = page.locator(f"#{part} .ob-save button", has_text=kind)
        with page.expect_download() as waiting:
            button.click()
        download = waiting.value
        download.save_as(tmp_path / download.suggested_filename)
        saved[kind] = (tmp_path / download.suggested_filename).read_bytes()
    assert saved["CSV"].decode("utf-8-sig") == "a,b"
    assert saved["PNG"].startswith(b"\x89PNG")
    drawing = ElementTree.fromstring(saved["SVG"])
    circles = list(drawing.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 3 * 5
    assert all("fill: rgb" in circle.attrib["style"] for circle in circles)
    (tmp_path / "alone.html").write_bytes(saved["HTML"])
    page.goto((tmp_path / "alone.html").as_uri())
    assert page.locator("svg circle").count() == 3 * 5
    assert page.locator("tbody tr").count() == 4
    page.context.close()
