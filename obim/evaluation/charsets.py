"""Bytes -> text, where nobody says what they are encoded in. It knows no tables."""

import re
from collections.abc import Iterator

from obim.errors import EvaluationError

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_JAPANESE = ("cp932", "euc_jp")
"""cp932 is Shift_JIS as Windows writes it."""
_CONTROL = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f]")
_LINE_BREAK = re.compile("\r\n|\r|\n")
_KANA = re.compile("[\u3041-\u30fe]")


def decode(content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding.

    A byte order mark decides; else UTF-8 if it is valid throughout; else UTF-16 where there are
    zero bytes, and Shift_JIS or EUC-JP where there are none, valid throughout too.

    Raises:
        EvaluationError: it is none of these, or no text at all; or text with a sign that is none.
    """
    for encoding in _candidates(content):
        text = _try(content, encoding)
        if text is not None:
            return text, encoding
    written = _read(content, "utf-8") or ""
    wrong = _CONTROL.search(written)
    if wrong is not None:
        raise EvaluationError(
            "Line {line} holds a sign that is no text (code {code}); delete it.",
            line=len(_LINE_BREAK.findall(written, 0, wrong.start())) + 1,
            code=ord(wrong[0]),
        )
    raise EvaluationError(
        "The file is no text that can be read; save it as CSV in UTF-8 or as an Excel file (.xlsx)."
    )


def _read(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _try(content: bytes, encoding: str) -> str | None:
    """The text, None where it is not valid or not only text."""
    text = _read(content, encoding)
    return None if text is None or _CONTROL.search(text) else text


def _candidates(content: bytes) -> Iterator[str]:
    marked = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    if marked:
        yield from marked
        return
    yield "utf-8"
    zeros = content.count(0)
    if not zeros:
        yield from _japanese(content)
    elif 4 * zeros >= len(content) or _read(content, "utf-8") is None:
        yield from _unmarked(content)


def _unmarked(content: bytes) -> Iterator[str]:
    """UTF-16 in the order that the high bytes of line breaks and delimiters tell.

    Without a line break between words it is none: another text with a zero byte in it.
    """
    little = content[1::2].count(0) > content[::2].count(0)
    name = "utf_16_le" if little else "utf_16_be"
    if "\n" in (_try(content, name) or "").strip():
        yield name


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
