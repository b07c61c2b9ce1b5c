"""Sentences of the page in English and Japanese. It picks and fills; it formats no numbers."""

from ui.i18n import en, ja

LANGUAGES = ("en", "ja")
_TEXTS = {"en": en.TEXTS, "ja": ja.TEXTS}


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
