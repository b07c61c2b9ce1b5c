"""Sliders and number boxes that say what stands in them, also where it is no number of the range.

Gradio's own end in a traceback where the box is empty, and refuse other numbers in English. Here
the handlers' guard hears of it (`ui.handlers`), and ui/static/boot.js puts back what stood there.
"""

from typing import Any

import gradio as gr

from ui.refusals import Empty, Outside
from ui.widgets.base import NoStub


def read_box(payload: object, low: float, high: float, whole: bool) -> float | Empty | Outside:
    """What stands in a box.

    Args:
        payload: what the browser sent, a number or None where nothing is typed yet.
        low: least number.
        high: largest number.
        whole: only whole numbers may stand there.
    """
    if payload is None:
        return Empty()
    if isinstance(payload, bool) or not isinstance(payload, (int, float)):
        return Outside(low, high, whole)
    fits = low <= payload <= high and not (whole and payload % 1)
    return payload if fits else Outside(low, high, whole)


class Slider(gr.Slider, metaclass=NoStub):  # type: ignore[misc]
    """A slider with a number box, without Gradio's button that resets it: no handler hears that."""

    is_template = True

    def get_config(self, cls: Any = None) -> dict[str, Any]:
        """What the page is told of it."""
        return {**super().get_config(cls), "buttons": []}

    def preprocess(self, payload: Any) -> Any:
        """Say what stands in the box."""
        return read_box(payload, self.minimum, self.maximum, self.step == 1)


class NumberBox(gr.Number, metaclass=NoStub):  # type: ignore[misc]
    """A number box without a slider; it has a ``minimum`` and a ``maximum``."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        """Say what stands in the box."""
        return read_box(payload, self.minimum, self.maximum, self.precision == 0)
