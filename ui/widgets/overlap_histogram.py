"""How a tensor's saliency is distributed: all that a donor may claim, and the contested."""

from ui.widgets.base import Widget


class OverlapHistogram(Widget):
    """A small histogram a donor over one axis: all positions pale, contested ones strong.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | failed | ready
         "message": "",
         "title": "Saliency of the contested weights",
         "label": "Histogram of ...",               # accessible name
         "edges": [-9.0, -8.7, -8.4],               # n + 1
         "panels": [{"name": "dates", "slot": 0, "all": [5, 2], "contested": [1, 2],
                     "note": "3 without saliency"}],            # note may be ""
         "all_text": "all it may claim", "contested_text": "contested",
         "x_label": "log10 saliency", "y_label": "positions",
         "table": "Show as table",
         "columns": ["Donor", "From", "To", "All", "Contested"]}

    Events: none.
    """

    script = "overlap_histogram.js"
