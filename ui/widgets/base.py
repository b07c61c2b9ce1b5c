"""What every widget shares: its script, its empty template, and how its value travels.

A widget's value is a JSON-able dict. It is painted by ui/static/<script>.js with text nodes
only: Gradio evaluates templates as code, so no value ever reaches a template.

Every value carries `rev` (int or str; copied to `data-rev` on the widget's root once painted)
and, where a widget can be empty, `state` with `message` (the sentence shown instead of content).
Where what a widget shows can be saved, its value has `save`: {"label": "Save",
"what": "Score per skill", "file": "run-1-curves"} (ui/painting/saving.py), and its script adds
`OB.saver(root, v, {table})` (saving.js): buttons that write the picture as PNG and SVG and, where
there is a table, the figures as CSV.
All text in a value is plain text in the user's language; the scripts translate nothing.
"""

import json
from abc import ABCMeta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
from gradio.component_meta import ComponentMeta, updateable

STATIC = Path(__file__).resolve().parent.parent / "static"


@cache
def read_static(name: str) -> str:
    """Text of one file in ui/static."""
    return (STATIC / name).read_text(encoding="utf-8")


class NoStub(ComponentMeta):  # type: ignore[misc]
    """Makes a component class without writing a .pyi file beside its source, as Gradio would."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        """Make the class, ready for updates."""
        if "__init__" in attrs:
            attrs["__init__"] = updateable(attrs["__init__"])
        return ABCMeta.__new__(cls, name, bases, attrs)


class Widget(gr.HTML, metaclass=NoStub):  # type: ignore[misc]
    """A gr.HTML whose DOM is built by a script from a dict, never by a template.

    Args:
        value: first value to paint, see the subclass for its keys.
        kwargs: what gr.HTML takes besides templates: elem_id, elem_classes, visible, scale ...
    """

    script: ClassVar[str]

    def __init__(self, value: dict[str, Any] | None = None, **kwargs: Any) -> None:
        name = self.script.removesuffix(".js").replace("_", "-")
        classes = [*kwargs.pop("elem_classes", []), "ob-widget", f"ob-widget-{name}"]
        super().__init__(
            value,
            html_template="",
            css_template="",
            js_on_load=read_static(self.script),
            apply_default_css=False,
            elem_classes=classes,
            **kwargs,
        )

    def preprocess(self, payload: Any) -> Any:
        """Hand the value back as it came; handlers treat it as client input."""
        return payload

    def postprocess(self, value: Any) -> Any:
        """Send the dict as one JSON text: Gradio's page clones every node of nested data."""
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def api_info(self) -> dict[str, Any]:
        """Describe the value in the API schema."""
        return {"type": "string"}
