"""A small histogram in SVG, without a chart library."""

from ui.widgets.base import Widget


class Histogram(Widget):
    """Bars of counts between edges.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "",
         "title": "Distribution",
         "label": "Histogram of ...",               # accessible name
         "edges": [0.0, 0.1, 0.2],                  # n + 1
         "counts": [5, 2],                          # n
         "log": False,                              # logarithmic counts
         "x_label": "log10 saliency", "y_label": "positions",
         "mark": {"x": 0.15, "text": "top 10 %"},   # vertical line, or None
         "columns": ["From", "To", "Positions"],    # heads of the saved table
         "save": {...}}

    Events: none.
    """

    script = "histogram.js"
