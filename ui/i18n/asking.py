"""Sentences of who is asked and of what a button waits for: key -> (English, Japanese)."""

TEXTS: dict[str, tuple[str, str]] = {
    "asking.models": (
        "Asks {left} (left) and {right} (right).",
        "{left}(左)と {right}(右)に聞きます。",
    ),
}
