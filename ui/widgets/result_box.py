"""What an export wrote, where, how it was checked, and how to use it."""

from ui.widgets.base import Widget


class ResultBox(Widget):
    """Path, files, checks and a snippet with a copy button.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | running | ready | failed
         "message": "Nothing written yet.",         # for all but ready; the error when failed
         "title": "obim-merge-1",
         "path_label": "Written on the server in", "path": "/models/obim-merge-1",
         "files_label": "File", "size_label": "Size",
         "files": [["model.safetensors", "269 MB"]],
         "checks_label": "Checks",
         "checks": [{"ok": True, "text": "Loads in transformers; answers are the same."}],
         "ok": "passed", "wrong": "failed",         # the signs in words
         "snippet_label": "Use it", "snippet": "from transformers import ...",
         "copy": "Copy", "copied": "Copied",
         "save": {...}}

    Events: none.
    """

    script = "result_box.js"
