"""Fonts hold every letter in the weights asked for; what carries meaning stands out."""

import re
from pathlib import Path

import gradio as gr
import pytest
from fontTools.ttLib import TTFont

from ui import theme
from ui.charts.palette import DONORS
from ui.i18n import LANGUAGES, t

LEAST = 3.0
"""Contrast of a graphic with what is beside it, WCAG 2 1.4.11."""
FONTS = Path(gr.__file__).parent / "templates" / "frontend" / "static" / "fonts"


@pytest.mark.parametrize("family", ["SourceSansPro", "IBMPlexMono"])
@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_font_covers_ascii(family: str, weight: str) -> None:
    letters = TTFont(FONTS / family / f"{family}-{weight}.woff2").getBestCmap()
    assert not set(range(0x20, 0x7F)) - letters.keys()


def test_theme_asks_for_no_other_weight_and_no_remote_font() -> None:
    made = theme.theme()
    css = made._get_theme_css()
    assert "fonts.googleapis.com" not in css
    assert made._stylesheets == []
    for rule in made._font_css:
        assert "font-weight: 600" not in rule


def test_head_carries_the_helpers_inline() -> None:
    head = theme.head()
    assert head.startswith("<script>")
    assert head.count("</script>") == 1
    assert "src=" not in head


def test_upload_boxes_have_words_in_every_language() -> None:
    head = theme.head()
    for lang in LANGUAGES:
        words = f'content: "{t(lang, "page.upload")}"'
        (rule,) = [
            rule for rule in head.split("html:lang(") if rule.startswith(lang) and words in rule
        ]
        assert '[data-testid="upload-text"]::after' in rule


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb by the formula of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def slots(mode: str) -> list[str]:
    """Colours of donors in the style sheet."""
    css = theme.CSS_PATHS[0].read_text(encoding="utf-8")
    light, dark = css.split(":root.dark", 1)
    part = (light if mode == "light" else dark).split("}", 1)[0]
    return [re.findall(rf"--ob-c{i}: (#[0-9a-f]{{6}});", part)[0] for i in range(8)]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_donors_stand_out_and_have_one_colour_in_bars_and_curves(mode: str) -> None:
    css = theme.CSS_PATHS[0].read_text(encoding="utf-8")
    made = theme.theme()
    page = getattr(made, f"body_background_fill{'_dark' if mode == 'dark' else ''}")
    assert min(contrast(colour, page) for colour in slots(mode)) >= LEAST
    assert len(set(slots(mode))) == 8
    for i in range(8):
        (bar,) = re.findall(rf"\.ob-slot-{i} {{(.*)}}", css)
        assert f"var(--ob-c{i})" in bar
        assert f".ob-ink-{i} {{ --ob-ink: var(--ob-c{i}); }}" in css


def test_saved_charts_have_the_colours_of_the_page() -> None:
    assert list(DONORS) == slots("light")


@pytest.mark.parametrize(("mode", "behind"), [("", "#ffffff"), ("_dark", "#1e293b")])
def test_an_empty_checkbox_is_seen(mode: str, behind: str) -> None:
    """Behind it is white, and in the dark Gradio's neutral 800."""
    made = theme.theme()
    assert made.neutral_800 == "#1e293b"
    for state in ("", "_hover"):
        assert contrast(getattr(made, f"checkbox_border_color{state}{mode}"), behind) >= LEAST
