"""The user's own evaluation sets, each with a button that removes it."""

from ui.widgets.base import Widget


class SetList(Widget):
    """A line a set; everything is plain text.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | ready
         "message": "None saved yet.",
         "label": "Saved",
         "sets": [{"id": "own-1a2b", "name": "FAQ", "note": "120 questions, exact match",
                   "warning": "",                   # not empty: why it is not used
                   "remove": "Remove", "armed": False}],   # armed: pressed once already
         "busy": False}                             # nothing can be removed now

    Events: remove {"id": "own-1a2b"}.
    """

    script = "set_list.js"
