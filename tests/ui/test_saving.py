"""What the save buttons write: pictures that stand alone, tables that spreadsheets can trust."""

import base64
import csv
import io
import struct
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from ui.charts.palette import DONORS
from ui.serving import environment

environment()

from playwright.sync_api import Browser, Page  # noqa: E402

from tests.ui import gallery  # noqa: E402
from tests.ui.test_widgets import address, open_gallery  # noqa: E402, F401

pytestmark = pytest.mark.e2e
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = (
    "grid", "canvas", "histogram", "occupancy", "curves", "dots", "picture", "overlap", "matrix",
)  # fmt: skip
TABLES = (
    "cards", "grid", "histogram", "occupancy", "curves", "scores", "dots", "picture", "overlap",
    "matrix", "findings", "items", "verdicts",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:  # noqa: F811
    page = open_gallery(browser, address)
    yield page
    page.context.close()


CATCH = """button => new Promise((done) => {
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = async function () {
    HTMLAnchorElement.prototype.click = click;
    const bytes = new Uint8Array(await (await fetch(this.href)).arrayBuffer());
    done([this.download, btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""))]);
  };
  button.click();
})"""
"""Presses a save button and takes the file: Chromium drops some of many downloads in a row."""


def saved(page: Page, part: str, kind: str) -> bytes:
    button = page.locator(f"#{part} .ob-save button", has_text=kind)
    name, content = button.evaluate(CATCH)
    assert name == f"{part}.{kind.lower()}"
    return base64.b64decode(content)


def table(page: Page, part: str) -> list[list[str]]:
    text = saved(page, part, "CSV")
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("part", PICTURES)
def test_a_picture_is_saved_whole_and_alone(page: Page, part: str) -> None:
    drawing = ElementTree.fromstring(saved(page, part, "SVG"))
    assert not [n for n in drawing.iter() if n.get("class") or n.get("data-tip")]
    texts = {"".join(node.itertext()).strip() for node in drawing.iter(f"{SVG}text")}
    title = page.locator(f"#{part} h3").evaluate_all("all => all.map(h => h.firstChild.data)")
    assert set(title) <= texts
    assert not texts & {"CSV", "SVG", "Show as table"}
    png = saved(page, part, "PNG")
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == tuple(2 * int(drawing.attrib[side]) for side in ("width", "height"))


def test_a_grid_is_drawn_with_the_rows_that_are_scrolled_away(page: Page) -> None:
    drawing = ElementTree.fromstring(saved(page, "grid", "SVG"))
    drawn = Counter("".join(node.itertext()) for node in drawing.iter(f"{SVG}text"))
    value = gallery.grid("en")
    cells = [c for row in value["rows"] for c in row["cells"] if c] + value["extra"]
    wanted = [c["text"] for c in cells] + value["cols"] + [row["label"] for row in value["rows"]]
    assert Counter(wanted) <= drawn
    bottoms = [float(n.get("y", 0)) for n in drawing.iter(f"{SVG}text")]
    assert max(bottoms) < float(drawing.attrib["height"])
    assert page.evaluate("!document.querySelector('#grid .ob-whole')")


def test_a_matrix_is_drawn_with_its_figures(page: Page) -> None:
    drawing = ElementTree.fromstring(saved(page, "matrix", "SVG"))
    drawn = Counter("".join(node.itertext()) for node in drawing.iter(f"{SVG}text"))
    cells = [c for row in gallery.matrix("en")["rows"] for c in row["cells"] if c]
    assert Counter(c["text"] for c in cells) <= drawn


def test_occupancy_is_drawn_with_its_bars_and_its_legend(page: Page) -> None:
    drawing = ElementTree.fromstring(saved(page, "occupancy", "SVG"))
    value = gallery.occupancy("en")
    assert len(list(drawing.iter(f"{SVG}pattern"))) == len(value["donors"])
    grey = "getComputedStyle(document.querySelector('#occupancy i.ob-base')).backgroundColor"
    base = page.evaluate(grey)
    high = [float(n.attrib["height"]) for n in drawing.iter(f"{SVG}rect") if n.get("fill") == base]
    shares = [1 - sum(layer["shares"]) for layer in value["layers"]]
    assert high[1:] == pytest.approx([240 * share for share in shares], abs=0.5)  # [0]: the legend
    texts = {"".join(node.itertext()) for node in drawing.iter(f"{SVG}text")}
    assert {"occupancy", value["base"], *value["donors"], value["y_label"]} <= texts
    colours = {f"rgb({int(c[1:3], 16)}, {int(c[3:5], 16)}, {int(c[5:], 16)})" for c in DONORS[:3]}
    assert colours <= {n.get("fill") for n in drawing.iter(f"{SVG}rect")}


@pytest.mark.parametrize("part", TABLES)
def test_a_table_is_a_proper_csv(page: Page, part: str) -> None:
    rows = table(page, part)
    assert len(rows) > 1 or part == "scores"
    assert len({len(row) for row in rows}) == 1


def test_all_items_are_saved_with_all_answers(page: Page) -> None:
    head, *rows = table(page, "items")
    items = gallery.items("en")["items"]
    names = [answer["name"] for answer in items[0]["answers"]]
    assert head[4::2] == names
    assert [row[0] for row in rows] == [item["skill"] for item in items]
    for row, item in zip(rows, items, strict=True):
        assert row[1:3] == [item["prompt"], item["expected"]]
        wanted = [("right" if a["ok"] else "wrong") for a in item["answers"]]
        assert (row[4::2], row[5::2]) == ([a["text"] for a in item["answers"]], wanted)


def test_figures_are_saved_as_they_are_not_as_they_are_shown(page: Page) -> None:
    points = table(page, "curves")[1:]
    series = gallery.curves("en")["series"]
    wanted = [[one["name"], *point, one["base"]] for one in series for point in one["points"]]
    assert [[p[0], *map(float, p[1:])] for p in points] == wanted
    layers = table(page, "occupancy")[1:]
    shares = [layer["shares"] for layer in gallery.occupancy("en")["layers"]]
    assert [[float(x) for x in row[2:]] for row in layers] == shares


def test_no_spreadsheet_takes_text_for_a_formula(page: Page) -> None:
    told = [["=1+1", -2.5], ["＝1", 'say "x", y'], ["+a", None], ["two\nlines", "@x"]]
    made = page.evaluate("rows => OB.csv(['a', 'b'], rows)", told)
    rows = list(csv.reader(io.StringIO(made.removeprefix("\ufeff"), newline="")))
    assert rows == [
        ["a", "b"], ["'=1+1", "-2.5"], ["'＝1", 'say "x", y'], ["'+a", ""], ["two\nlines", "'@x"]
    ]  # fmt: skip
    assert made.count("\r\n") == 5


def test_a_saved_picture_shows_hostile_names_as_text(page: Page) -> None:
    drawing = saved(page, "dots", "SVG").decode()
    assert "<b>" not in drawing
    texts = ElementTree.fromstring(drawing).iter(f"{SVG}text")
    assert any((node.text or "").startswith("x <b>${") for node in texts)
