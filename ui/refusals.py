"""What the browser may send: one of a list, a number of a range; else a sentence in its language.

Nothing here knows runs or sessions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from obim import ObimError
from ui.i18n import invalid, t

Value = TypeVar("Value")


class Refused(ObimError):
    """What the browser sent is out of range, misspelt or not possible now.

    Attributes:
        key: of the sentence; the language is known only where the refusal is shown.
        what: key of the name of what was sent, fills ``{what}``.
    """

    def __init__(self, key: str, *, what: str = "", **values: object) -> None:
        self.key, self.what, self._values = key, what, values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """The sentence in the user's language."""
        named = {"what": t(lang, self.what)} if self.what else {}
        return t(lang, self.key, **named, **self._values)


@dataclass(frozen=True)
class Empty:
    """What stands in a number box where nothing is typed yet."""


@dataclass(frozen=True)
class Outside:
    """What stands in a number box is no number of its range.

    Attributes:
        low: least number.
        high: largest number.
        whole: only whole numbers may stand there.
    """

    low: float
    high: float
    whole: bool

    def refusal(self) -> Refused:
        """The sentence that says what may stand there."""
        key = "error.outside_whole" if self.whole else "error.outside"
        return Refused(key, low=self.low, high=self.high)


def one_of(value: object, allowed: "Sequence[Value]", what: str) -> Value:
    """``value`` if it is one of ``allowed``, compared by type as well.

    Args:
        what: key of what is chosen, in words.

    Raises:
        Refused: it is not.
    """
    for choice in allowed:
        if type(choice) is type(value) and choice == value:
            return choice
    raise Refused("error.not_listed", what=what, value=str(value)[:60])


def whole(value: object, low: int, high: int, what: str) -> int:
    """``value`` as a whole number within a range.

    Args:
        what: key of what the number says, in words.

    Raises:
        Refused: it is not.
    """
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number) or number != int(number) or not low <= number <= high:
        raise Refused("error.not_whole", what=what, low=low, high=high)
    return int(number)


def sentence(lang: str, error: ValidationError) -> str:
    """The first thing that pydantic found, in words."""
    first = error.errors()[0]
    where = " ".join(str(part) for part in first["loc"])
    what = invalid(lang, first["type"], first["msg"], first.get("ctx", {}))
    return f"{where}: {what}" if where else what
