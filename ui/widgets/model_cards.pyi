"""One card a model: what it is, how much of it differs from the base, and whether it fits."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class ModelCards(Widget):
    """Cards of the base and the donors after preflight.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Choose a base and donors.",    # for empty and loading
         "label": "Checked models",
         "cards": [{"role": "Donor",                # shown above the name
                    "slot": 0,                      # donor colour 0..7; None for the base
                    "name": "dates",
                    "facts": [["Layers", "30"], ["Parameters", "135 M"]],
                    "share": {"label": "Weights that differ", "value": 0.41, "text": "41.0 %"},
                                                    # or None (base)
                    "fits": True,                   # True tick, False cross, None neither
                    "fits_text": "Fits",            # the sign in words, for screen readers
                    "reason": "Same shapes as the base."}]}

    Events: none.
    """

    script = "model_cards.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component