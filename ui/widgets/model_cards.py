"""One card a model: what it is, how much of it differs from the base, and whether it fits."""

from ui.widgets.base import Widget


class ModelCards(Widget):
    """Cards of the base and the donors after preflight.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Choose a base and donors.",    # for empty and loading
         "label": "Checked models",
         "cards": [{"role": "Donor",                # shown above the name
                    "slot": 0,                      # donor colour 0..7; None for the base
                    "name": "dates",
                    "about": "Finds dates.",        # what it does, may be ""
                    "example": ["5 March 2021", "2021-03-05"],      # asked, answered; or None
                    "example_text": "Example",
                    "facts": [["Layers", "30"], ["Parameters", "135 M"]],
                    "share": {"label": "Weights that differ", "value": 0.41, "text": "41.0 %"},
                                                    # or None (base)
                    "fits": True,                   # True tick, False cross, None neither
                    "fits_text": "Fits",            # the sign in words, for screen readers
                    "reason": "Same shapes as the base."}],
         "columns": ["Role", "Model", "Layers", "Parameters", "Weights that differ", "Fits",
                     "Reason"],                     # heads of the saved table
         "save": {...}}

    Events: none.
    """

    script = "model_cards.js"
