"""Points of predicted against measured, in SVG."""

from ui.widgets.base import Widget


class Scatter(Widget):
    """Points on two axes that are logarithmic away from zero, so that both signs are shown.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Nothing has been taken out yet.",
         "title": "Estimate against truth", "label": "...",        # label: accessible name
         "x_label": "Estimated", "y_label": "Measured rise of the loss",
         "below": "below the line: the loss fell",  # shown where a y is negative
         "equal": "estimate = measured",            # dashed y = x with this legend; "": none
         "note": "Both axes are logarithmic away from zero.",
         "series": [{"name": "Layer 0", "slot": 0,  # colour and shape 0..7
                     "points": [{"at": [1e-5, 2e-5],
                                 "row": [0, 1, 4096],       # first three columns of the table
                                 "tip": "Layer 0, band 1 of 10"}]}],
         "table": "Show as table",
         "columns": ["Layer", "Band", "Weights", "Estimated", "Measured"],
         "save": {...}}

    Events: none.
    """

    script = "scatter.js"
