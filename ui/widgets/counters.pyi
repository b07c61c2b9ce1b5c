"""A row of big numbers."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class Counters(Widget):
    """Number, label and tooltip of each figure.

    Value:
        {"rev": 1,
         "label": "Figures of the merge",
         "items": [{"value": "37.8 %", "label": "claimed", "tip": "Positions that ...",
                    "slot": None}]}                 # donor colour 0..7 as a mark, or None

    Events: none.
    """

    script = "counters.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component