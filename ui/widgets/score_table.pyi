"""Scores, rows skills, columns models, with intervals and arrows against the base."""

from ui.widgets.base import Widget

from gradio.events import Dependency

class ScoreTable(Widget):
    """A wide table with a sticky first column.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "No evaluation yet.",
         "caption": "Exact match on report items",
         "corner": "Skill",
         "models": [{"name": "OBIM", "note": "merged",      # note: small, below the name
                     "strong": True}],              # column to stress
         "rows": [{"name": "dates", "note": "150 items",
                   "cells": [{"score": "61.3 %",    # text; None: not measured
                              "interval": "53.2-68.9",
                              "arrow": "up",        # up | down | same | None (the base itself)
                              "arrow_text": "+59.3 points against the base",
                              "retention": "71 % kept",     # may be ""
                              "best": True}]}],     # one a model
         "best_text": "best merge", "missing": "not measured",     # for screen readers
         "foot": "Arrows: against the base. ..."}   # explains signs, may be ""

    Events: none.
    """

    script = "score_table.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component