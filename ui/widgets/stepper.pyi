"""The five steps at the top of the page: where the user is and where they may go."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class Stepper(Widget):
    """Numbered steps in a <nav>; a click on an unlocked one triggers `go`.

    Value:
        {"rev": 1,
         "label": "Steps",                          # name of the navigation for screen readers
         "current": 0,                              # index of the screen that is open
         "steps": [{"title": "Models",
                    "state": "done",                # locked | ready | done
                    "state_text": "done",           # the state in words, for screen readers
                    "note": "3",                    # small counter below the title, may be ""
                    "hint": ""}]}                   # tooltip, e.g. why the step is locked

    Events: go {"step": int} (an index; not sent for locked steps, but check it all the same).
    """

    script = "stepper.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component