"""The bundled fonts hold every letter in the weights that the theme asks for."""

from pathlib import Path

import gradio as gr
import pytest
from fontTools.ttLib import TTFont

from ui import theme

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
