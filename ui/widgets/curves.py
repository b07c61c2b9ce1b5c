"""Evaluation score per skill against the turn, in SVG."""

from ui.widgets.base import Widget


class Curves(Widget):
    """Lines with whiskers, 0-100 %, a dashed line for the base and a mark at the current turn.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "The curve starts with the first evaluation.",
         "title": "Score per skill",
         "label": "Score per skill against the turn",
         "x_label": "Turn", "y_label": "Correct",
         "turns": 40,                               # right end of the axis
         "top": 0.2,                                # upper end of the other one; absent: 1
         "current": 8,                              # mark, or None
         "current_text": "turn 8",
         "base_text": "dashed: base",               # legend entry, used if any series has a base
         "series": [{"name": "dates", "slot": 0,    # colour slot 0..7; None: text colour
                     "general": None,               # without a colour: its dash, 0, 1 ...
                     "points": [[0, 0.02, 0.0, 0.1], [4, 0.5, 0.4, 0.6]],
                                                    # [turn, score, low, high], all but turn 0..1
                     "base": 0.02}],                # or None
         "table": "Show as table",
         "columns": ["Skill", "Turn", "Score", "Low", "High", "Base"],     # of the saved table
         "save": {...}}

    Events: none.
    """

    script = "curves.js"
