"""Scores as dots with intervals, a panel a skill, in SVG that can be saved."""

from ui.widgets.base import Widget


class ScoreDots(Widget):
    """Panels side by side with the same rows, and buttons that save the picture.

    Value:
        {"rev": 1,
         "state": "ready",                          # hidden | ready
         "message": "",
         "title": "Exact match on report items", "note": "Lines: 95 % interval.",
         "corner": "Model",                         # head of the first column of the saved table
         "rows": [{"name": "OBIM", "slot": None,    # colour slot 0..7; None: text colour
                   "strong": True}],                # row to stress
         "panels": [{"name": "dates", "low": 0.0, "high": 1.0,      # ends of the axis
                     "ticks": [[0.0, "0 %"], [1.0, "100 %"]],
                     "points": [{"at": [0.61, 0.53, 0.69],          # score, low, high
                                 "text": "61.3 % (53.2 % - 68.9 %)"}]}],     # or None; one a row
         "missing": "not measured",
         "save": {...}, "lang": "en"}               # of the page that is saved as HTML

    Events: none (the browser writes the files).
    """

    script = "score_dots.js"
