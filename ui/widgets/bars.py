"""A few signed values a group as bars with their figures."""

from ui.widgets.base import Widget


class Bars(Widget):
    """Groups of bars; each group has its own scale, so compare within a group.

    Value:
        {"rev": 1,
         "state": "ready",                          # hidden | ready
         "message": "",
         "title": "Do weights act independently?",
         "groups": [{"name": "Layer 0",
                     "bars": [{"label": "All at once", "value": 0.02, "text": "0.02",
                               "slot": 0}]}],       # colour slot 0..7; None: text colour
         "columns": ["Layer", "What", "Value"],     # of the saved table
         "save": {...}}

    Events: none.
    """

    script = "bars.js"
