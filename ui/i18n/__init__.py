"""Sentences of the page in English and Japanese. It picks and fills; it formats no numbers."""

from typing import TYPE_CHECKING

from ui.i18n import (
    asking,
    en,
    engine_ja,
    explore,
    inside,
    ja,
    owners,
    past_turns,
    report,
    retention,
    saving,
    switches,
    takes,
    trust,
    what_if,
)

if TYPE_CHECKING:
    from obim import ObimError, Sentence

LANGUAGES = ("en", "ja")
_PAIRS = (
    asking.TEXTS, explore.TEXTS, inside.TEXTS, owners.TEXTS, past_turns.TEXTS, report.TEXTS,
    retention.TEXTS, saving.TEXTS, switches.TEXTS, takes.TEXTS, trust.TEXTS, what_if.TEXTS,
)  # fmt: skip
"""Newer screens keep both languages of a sentence side by side."""
EN = en.TEXTS | {key: pair[0] for texts in _PAIRS for key, pair in texts.items()}
JA = ja.TEXTS | {key: pair[1] for texts in _PAIRS for key, pair in texts.items()}
_TEXTS = {"en": EN, "ja": JA}


def t(lang: str, key: str, **values: object) -> str:
    """Sentence `key` in `lang`, with its {placeholders} filled.

    Raises:
        KeyError: unknown language or key, or a placeholder without a value.
    """
    text = _TEXTS[lang][key]
    return text.format(**values) if values else text


def has(lang: str, key: str) -> bool:
    """Whether there is such a sentence."""
    return key in _TEXTS[lang]


def said(lang: str, what: "Sentence | ObimError") -> str:
    """A sentence of the engine in `lang`; a run of before may hold some that stay English."""
    template = engine_ja.SENTENCES.get(what.template) if lang == "ja" else None
    if template is None:
        return str(what)
    return template.format(**what.values) if what.values else template


def invalid(lang: str, kind: str, message: str, values: dict[str, object]) -> str:
    """What pydantic says in `lang`.

    Args:
        kind: pydantic's type of the error.
        message: pydantic's English, which stays where there is no translation.
        values: what fills the translation's placeholders.
    """
    template = engine_ja.INVALID.get(kind) if lang == "ja" else None
    return message if template is None else template.format(**values)
