"""Scores, rows models, columns skills, with intervals, verdicts and arrows against the base."""

from ui.widgets.base import Widget


class ScoreTable(Widget):
    """A wide table with a sticky first column, and a button that saves it as a file.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "No evaluation yet.",
         "caption": "Exact match on report items",
         "corner": "Model",
         "columns": [{"name": "dates", "note": "150 items"}],      # note: small, below the name
         "groups": [{"name": "",                    # heading above the rows, may be ""
           "rows": [{"name": "OBIM", "note": "merged", "strong": True,     # row to stress
                   "tip": "",                       # what the name means, may be absent
                   "cells": [{"score": "61.3 %",    # text; None: not measured
                              "interval": "53.2 - 68.9",
                              "arrow": "up",        # up | down | same | None (the base itself)
                              "arrow_text": "+59.3 points against the base",
                              "retention": "71 % kept",     # may be "" or absent
                              "verdict": "OBIM better, +12.5",      # may be "" or absent
                              "tone": "better",     # better | worse | unclear | warn
                              "verdict_text": "OBIM against this: ...",
                              "best": True}]}]}],   # one a column
         "best_text": "best merge", "missing": "not measured",     # for screen readers
         "foot": "Arrows: against the base. ...",   # explains signs, may be ""
         "save": {..., "text": "..."}}              # text: of the CSV file

    Events: none (the browser writes the file).
    """

    script = "score_table.js"
