"""The recipe of what the page is about to do, as YAML to read and copy."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class Recipe(Widget):
    """YAML text with a copy button.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | ready
         "message": "",
         "title": "Recipe", "note": "The same file runs with: obim merge RECIPE OUT",
         "text": "method: obim\\n...",
         "copy": "Copy", "copied": "Copied"}

    Events: none.
    """

    script = "recipe.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component