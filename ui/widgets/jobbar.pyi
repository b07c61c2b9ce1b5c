"""The state of the job in hand: what, how far, how long still."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class JobBar(Widget):
    """Progress bar with a polite live region.

    Value:
        {"rev": 1,
         "state": "running",                        # idle | running | done | failed | interrupted
         "label": "Progress of the merge",          # accessible name of the bar
         "text": "Merging",                         # the state in words
         "percent": 37.5,                           # 0..100; None: unknown (moving bar)
         "left": "about 12 s left",                 # may be ""
         "detail": "Turn 15 of 40: dates"}          # may be ""; the error sentence when failed

    Events: none.
    """

    script = "jobbar.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component