"""Colours, local fonts, and the style and script that every page carries. Nothing is fetched."""

import json

import gradio as gr

from ui.i18n import LANGUAGES, t
from ui.widgets.base import STATIC, read_static

JAPANESE = ("Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo")

CSS_PATHS = [STATIC / "app.css"]

BOOT_JS = "() => window.OB.boot()"
"""For demo.load(js=...): applies the stored theme and language, returns [token, language]."""

KNOWN_JS = "() => window.OB.language()"
"""For demo.load(js=...) without the server: the language switch is right while the page loads."""

LANGUAGE_JS = "(lang) => window.OB.setLang(lang)"
"""For the language switch (js=...): translates Gradio's labels in place, returns the language."""

THEME_JS = "() => { window.OB.toggleTheme(); }"
"""For the light/dark button (js=...): switches and remembers."""

_SCRIPTS = ("ob.js", "saving.js", "boot.js")
"""What all widgets stand on, in the order in which it is defined."""

_LOOK = {
    "body_background_fill": "#ffffff",
    "body_background_fill_dark": "#0b1220",
    "body_text_color": "#1b2536",
    "body_text_color_dark": "#edf1f8",
    "body_text_color_subdued": "#56647a",
    "body_text_color_subdued_dark": "#a9b5c8",
    "block_label_text_color": "#56647a",
    "block_label_text_color_dark": "#a9b5c8",
    "block_title_text_weight": "700",
    "block_title_text_color": "#1b2536",
    "block_title_text_color_dark": "#edf1f8",
    "button_large_text_weight": "700",
    "button_medium_text_weight": "700",
    "button_small_text_weight": "400",
    "button_primary_background_fill": "#1d4fd7",
    "button_primary_background_fill_hover": "#1a43b4",
    "button_primary_background_fill_dark": "#2459e0",
    "button_primary_background_fill_hover_dark": "#2f66ee",
    "checkbox_border_color": "#76849a",
    "checkbox_border_color_dark": "#8593a8",
    "checkbox_border_color_hover": "#56647a",
    "checkbox_border_color_hover_dark": "#a9b5c8",
    "checkbox_label_text_weight": "400",
    "prose_header_text_weight": "700",
}


def head() -> str:
    """The script tag that defines window.OB before any widget is painted, and upload boxes' words.

    Gradio words an upload box once, as it is mounted, so its own words stay in another language.
    """
    box = '.ob-upload [data-testid="upload-text"]::after'
    texts = {lang: json.dumps(t(lang, "page.upload"), ensure_ascii=False) for lang in LANGUAGES}
    words = "".join(f"html:lang({k}) {box} {{ content: {text}; }}" for k, text in texts.items())
    return f"<script>{''.join(map(read_static, _SCRIPTS))}</script><style>{words}</style>"


def theme() -> gr.themes.Base:
    """The Gradio theme of the page.

    The bundled fonts are complete in weights 400 and 700 only, so no other weight is used.
    """
    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        radius_size="md",
        font=[
            gr.themes.LocalFont("Source Sans Pro", weights=(400, 700)),
            *JAPANESE,
            "system-ui",
            "sans-serif",
        ],
        font_mono=[
            gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)),
            *JAPANESE,
            "ui-monospace",
            "monospace",
        ],
    ).set(**_LOOK)
