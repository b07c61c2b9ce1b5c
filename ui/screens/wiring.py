"""How a screen's parts are named and wired, the same on every screen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import gradio as gr

from ui.handlers import Desk
from ui.i18n import EN, JA
from ui.widgets import Note

LABELS = gr.I18n(en=dict(EN), ja=dict(JA))
"""Gradio's own labels, switched in place by the browser."""


@dataclass
class Page:
    """The parts by name, and the wires between them.

    Attributes:
        boxes: component name -> component, painted by ``follow``.
        token: the component that holds the tab's token. Every event names it as the part that
            shows progress: else the page clones all that an event paints, each time it begins.
    """

    desk: Desk
    token: Any
    boxes: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, box: Any) -> Any:
        """Name a part, so that views can paint it."""
        self.boxes[name] = box
        return box

    def waits(self, name: str) -> Any:
        """Place what a button waits for while it is grey; see `ui.painting.waits`."""
        return self.add(f"{name}_waits", Note(elem_id=f"{name.replace('_', '-')}-waits"))

    def on(
        self,
        event: Callable[..., Any],
        act: Callable[..., None],
        inputs: list[Any] | None = None,
        *,
        named: bool = False,
        **options: Any,
    ) -> Any:
        """Wire an event to ``act(session, *inputs)``, and return what Gradio calls its dependency.

        Args:
            named: an endpoint that scripts may call (still guarded); others are private.
        """
        return event(
            self.desk.guard(act),
            [self.token, *(inputs or [])],
            None,
            api_name=act.__name__,
            api_visibility="undocumented" if named else "private",
            show_progress="hidden",
            show_progress_on=self.token,
            **options,
        )

    def on_any(self, controls: list[Any], act: Callable[..., None]) -> None:
        """Wire a form to ``act(session, *values)``: one event for all its controls.

        With one each, two quick changes run side by side, and the older values may come last.
        """
        changed = partial(gr.on, [control.input for control in controls])
        self.on(changed, act, controls, trigger_mode="always_last")

    def on_event(self, event: Callable[..., Any], act: Callable[..., None]) -> None:
        """Wire a widget's own event to ``act(session, sent)``."""
        event(
            self.desk.guard_event(act),
            [self.token],
            None,
            api_name=act.__name__,
            api_visibility="private",
            show_progress="hidden",
            show_progress_on=self.token,
        )


def lead(key: str) -> gr.Markdown:
    """A quiet sentence below a heading, in the user's language."""
    return gr.Markdown(LABELS(key), elem_classes=["ob-quiet"])


def heading(key: str, level: int = 2) -> gr.Markdown:
    """A heading in the user's language."""
    return gr.Markdown(LABELS(key), elem_classes=[f"ob-h{level}"])
