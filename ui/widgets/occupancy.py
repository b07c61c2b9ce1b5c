"""Who owns each layer: one stacked bar a layer, animated from turn to turn."""

from ui.widgets.base import Widget


class Occupancy(Widget):
    """Stacked bars, base grey at the bottom, donors in Okabe-Ito colours with hatches.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "No turn yet.",
         "label": "Owners of the weights by layer",
         "x_label": "Layer", "x_note": "Emb.: Embedding",     # explains labels, may be ""
         "y_label": "Share of positions",
         "base": "Base",                            # legend text of the base
         "donors": ["dates", "mails"],              # legend texts; index = colour slot, up to 8
         "layers": [{"label": "0",                  # on the axis ("E" for embeddings, ...)
                     "name": "Layer 0",             # in tooltip and table
                     "outside": False,              # no layer: its label is always shown
                     "shares": [0.2, 0.1]}],        # one a donor, 0..1; the rest is the base
         "table": "Show as table",                  # summary of the table twin
         "save": {...}}

    Events: none.
    """

    script = "occupancy.js"
