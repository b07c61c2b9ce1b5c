"""The state of the job in hand: what, how far, how long still."""

from ui.widgets.base import Widget


class JobBar(Widget):
    """Progress bar with a polite live region.

    Value:
        {"rev": 1,
         "state": "running",                        # idle (nothing shown) | running (with a
                                                    # bar) | done | failed | interrupted
         "label": "Progress of the merge",          # accessible name of the bar
         "text": "Merging",                         # the state in words
         "percent": 37.5,                           # 0..100; None: unknown (moving bar), or none
         "left": "about 12 s left",                 # may be ""
         "detail": "Turn 15 of 40: dates"}          # may be ""; the error sentence when failed

    Events: none.
    """

    script = "jobbar.js"
