"""Donors against donors: one figure a pair, or one in each direction."""

from ui.widgets.base import Widget


class DonorMatrix(Widget):
    """A table whose cells are buttons; click, or arrow keys and Enter, trigger `pick`.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Not compared yet.",
         "label": "Overlap, donor by donor",
         "hint": "Click a pair ...",
         "corner": "Donor",
         "cols": [{"name": "dates", "slot": 0}],    # slot None: the column of totals
         "rows": [{"name": "orders", "slot": 1,
                   "cells": [{"v": 0.5, "text": "41 %", "note": "chance 33 %",
                              "label": "orders and dates: 41 %, chance 33 %",
                              "value": 0.41,        # in the saved table
                              "pair": [0, 1]},      # or None: can't be picked
                             None]}],               # no figure here
         "diverging": False,                        # v: cividis, or 0.5 is the middle of two hues
         "selected": [0, 1],                        # or None
         "legend": {"low": "0 %", "high": "60 %", "text": "Colour: ...", "diverging": False},
         "columns": ["Donor", "Against", "Overlap"], "save": {...}}

    Events: pick {"pair": [0, 1]}.
    """

    script = "donor_matrix.js"
