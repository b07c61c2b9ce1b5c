"""A few plain sentences, for text that holds names or numbers of a run."""

from ui.widgets.base import Widget


class Note(Widget):
    """Paragraphs painted as text, never as markup.

    Value:
        {"rev": 1,
         "tone": "plain",                           # plain | quiet | warn | title
         "lines": ["Three donors go onto SmolLM2."]}      # may be empty: nothing is shown

    Events: none.
    """

    script = "note.js"
