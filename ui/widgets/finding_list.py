"""Findings in words, the most important first; each can be picked."""

from ui.widgets.base import Widget


class FindingList(Widget):
    """A numbered list of buttons.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Nothing is contested.",
         "label": "Where donors contest most",
         "items": [{"head": "Layers 20-28 · down_proj",
                    "pair": [{"name": "math", "slot": 0}, {"name": "Japanese", "slot": 1}],
                    "text": "Both want 12 % of the positions ...", "note": "...",
                    "selected": False}],
         "more": "Show all (12)", "fewer": "Show fewer",      # of the button below a long list
         "foot": "Order: ...",
         "columns": ["Place", "Donor", "Against", "Finding", "Contested"], "save": {...}}

    Events: pick {"index": 0}.
    """

    script = "finding_list.js"
