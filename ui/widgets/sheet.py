"""A table of plain texts, such as the first rows of one that the user uploaded."""

from ui.widgets.base import Widget


class Sheet(Widget):
    """Header and rows as plain text, each row with its number (in a file: its line).

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | failed | ready
         "message": "",
         "caption": "faq.csv: 120 rows, Shift_JIS",
         "corner": "Line",
         "columns": [{"name": "question", "role": "Prompt"}],     # role: what it is used as
         "rows": [{"line": 2, "cells": ["How long is the warranty?"]}]}

    Events: none.
    """

    script = "sheet.js"
