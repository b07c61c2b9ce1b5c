"""Single evaluation items with all answers, read one by one."""

from ui.widgets.base import Widget


class ItemList(Widget):
    """One item of the chosen skill at a time, with previous and next; everything is plain text.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "No item got worse.",
         "label": "Items that got worse",
         "skill_label": "Skill",                    # name of the chooser of skills
         "position": "{i} of {n}",
         "previous": "Previous", "next": "Next",
         "prompt_label": "Prompt", "expected_label": "Expected",
         "items": [{"skill": "dates", "prompt": "...", "expected": "2024-05-01",
                    "mark": "came back", "good": True,   # "" and False: nothing to say
                    "answers": [{"name": "Base", "text": "...", "ok": False}]}],
         "ok": "right", "wrong": "wrong",           # the signs in words
         "mark_label": "Remark",                    # head of a column of the saved table
         "save": {"label": "Save", "what": "Items that got worse", "file": "items"}}

    Events: none (turning pages stays in the browser; a new value starts at the first item).
    """

    script = "item_list.js"
