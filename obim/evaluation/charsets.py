"""Bytes -> text, where nobody says what they are encoded in. It knows no tables."""

import re
from collections.abc import Iterator

from obim.errors import EvaluationError

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_JAPANESE = ("cp932", "euc_jp")
"""cp932 is Shift_JIS as Windows writes it."""
_CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\v\r\f\x1a")
_KANA = re.compile("[\u3041-\u30fe]")


def decode(content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding.

    A byte order mark decides; else UTF-8 if it is valid throughout; else UTF-16 where there are
    zero bytes, and Shift_JIS or EUC-JP where there are none, valid throughout too.

    Raises:
        EvaluationError: it is none of these, or no text at all.
    """
    for encoding in _candidates(content):
        text = _try(content, encoding)
        if text is not None:
            return text, encoding
    raise EvaluationError(
        "The file is no text that can be read; save it as CSV in UTF-8 or as an Excel file (.xlsx)."
    )


def _try(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS & set(text) else text


def _candidates(content: bytes) -> Iterator[str]:
    marked = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    if marked:
        yield from marked
        return
    yield "utf-8"
    if b"\0" in content:  # the high bytes of line breaks and delimiters: they tell the order
        little = content[1::2].count(0) > content[::2].count(0)
        yield "utf_16_le" if little else "utf_16_be"
    else:
        yield from _japanese(content)


def _japanese(content: bytes) -> list[str]:
    """Shift_JIS and EUC-JP, the likelier first.

    Read in the wrong one, hiragana and katakana come out as something else; of a text without
    any, charset-normalizer judges.
    """
    from charset_normalizer import from_bytes

    kana = {name: len(_KANA.findall(_try(content, name) or "")) for name in _JAPANESE}
    if len(set(kana.values())) > 1:
        return sorted(_JAPANESE, key=lambda name: -kana[name])
    guessed = [found.encoding for found in from_bytes(content, cp_isolation=list(_JAPANESE))]
    return [*guessed, *_JAPANESE]
