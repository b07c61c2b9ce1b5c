"""Numbers, sizes and times in words, and the stamp that tells one painted value from the next."""

import json
import zlib
from typing import Any

from obim import VerdictState
from ui.i18n import has, t

MAX_DONORS = 8
"""Donors the page has colours and controls for."""


def percent(share: float, digits: int = 1) -> str:
    """0.412 -> 41.2 %, which no line end parts."""
    return f"{100 * share:.{digits}f}\u00a0%"


def signed(points: float) -> str:
    """12.5 -> +12.5, -3 -> −3.0."""
    return f"{points:+.1f}".replace("-", "−")


def exact(x: float) -> str:
    """0.01234 -> 0.0123, -2.5e-05 -> −2.5e-5: a small figure to three digits."""
    if x == 0:
        return "0"
    if abs(x) >= 1e-3:
        return f"{x:.3g}".replace("-", "−")
    mantissa, power = f"{x:.1e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", "−")


def tenths(share: float) -> str:
    """0.9 -> 9, 0.925 -> 9.2: of ten."""
    return f"{10 * share:.1f}".removesuffix(".0")


def rounded(n: int) -> str:
    """12345 -> 12,000: two digits, which is as much as an estimate is worth."""
    unit: int = 10 ** max(0, len(str(n)) - 2)
    return f"{round(n / unit) * unit:,}"


def count(lang: str, n: int) -> str:
    """134515008 -> 134.5 million, in Japanese 1億3,450万."""
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if n >= size:
            tenths = round(10 * n / size)
            if lang == "ja":
                return _myriads(tenths * size // 10)
            return f"{tenths / 10:.1f} {word}"
    return f"{n:,}"


def _myriads(n: int) -> str:
    """As Japanese groups digits: 134500000 -> 1億3,450万."""
    large, small = divmod(n // 10**4, 10**4)
    return (f"{large:,}億" if large else "") + (f"{small:,}万" if small else "")


def size(n: int) -> str:
    """Bytes -> 269.1 MB."""
    for unit, sign in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n >= unit:
            return f"{n / unit:.1f} {sign}"
    return f"{n} B"


def left(lang: str, seconds: float | None) -> str:
    """An estimate of the time left, rounded to what an estimate is worth."""
    if seconds is None:
        return ""
    if seconds < 90:
        return t(lang, "job.left_seconds", n=max(1, round(seconds)))
    return t(lang, "job.left_minutes", n=round(seconds / 60))


def duration(lang: str, seconds: float) -> str:
    """An estimate of a time, in the unit that makes it short."""
    if seconds < 90:
        return t(lang, "page.seconds", n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return t(lang, "page.minutes", n=round(seconds / 60))
    return t(lang, "page.hours", n=f"{seconds / 3600:.1f}")


def number_format(lang: str, dtype: str) -> str:
    """bfloat16 -> bfloat16 (16 bits a weight)."""
    digits = "".join(c for c in dtype if c.isdigit())[-2:]
    return t(lang, "page.bits", name=dtype, n=digits)


def known(lang: str, key: str, fallback: str) -> str:
    """Sentence ``key`` where the page has one, else the plain text of the engine."""
    return t(lang, key) if has(lang, key) else fallback


def names(lang: str, words: list[str], last: str = "page.and") -> str:
    """One list in words.

    Args:
        last: key of what stands before the last word.
    """
    if len(words) < 2:
        return "".join(words)
    return t(lang, "page.comma").join(words[:-1]) + t(lang, last) + words[-1]


def stamped(value: dict[str, Any]) -> dict[str, Any]:
    """The value with ``rev``, which changes exactly when the value does."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return {"rev": f"{zlib.crc32(text.encode()):08x}", **value}


def note(lines: list[str], tone: str = "plain") -> dict[str, Any]:
    """A Note's value."""
    return stamped({"tone": tone, "lines": [line for line in lines if line]})


def blank(message: str, state: str = "empty") -> dict[str, Any]:
    """An empty or loading widget's value."""
    return stamped({"state": state, "message": message})


def test_and_interval_differ(told: VerdictState) -> bool:
    """Whether the interval on a skill leaves out 0 though the exact test can't tell."""
    ends = told.difference
    return told.skill != "" and told.verdict == "unclear" and (ends.low > 0 or ends.high < 0)
