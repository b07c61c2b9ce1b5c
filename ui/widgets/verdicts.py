"""What became of the rules: a traffic light in sign, word and colour, and why."""

from ui.widgets.base import Widget


class Verdicts(Widget):
    """The light of one turn, its rules with their figures, and the lights of all judged turns.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | ready
         "message": "No turn has been judged yet.",
         "label": "What became of the rules",
         "light": "red", "word": "red",             # green | amber | red, and in words
         "head": "Turn 5: a rule is broken",
         "rules": [{"light": "red", "word": "red", "text": "General: at most 5 points ...",
                    "figures": [{"light": "red", "word": "red", "text": "General: 3.0 % ..."}]}],
         "turns_label": "Judged turns",
         "turns": [{"text": "5", "light": "red", "word": "red", "now": True}],
         "remarks": ["Best turn so far: 4."],       # may be empty
         "foot": "Green: kept, ...",
         "table": [["Turn", "Rule"], [[5, "General: ..."]]],     # head and rows of the saved file
         "save": {"label": "Save", "what": "What became of the rules", "file": "verdicts"}}

    Events: none.
    """

    script = "verdicts.js"
