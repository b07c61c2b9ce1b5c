"""Which column of a table holds what, and what the columns' names suggest.

A guess that isn't plain isn't made: the role stays empty, so that somebody chooses.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from obim.evaluation.tables import Table

_WORDS: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "input", "instruction", "query",
               "質問", "問題", "設問", "問い", "入力", "指示", "プロンプト"),
    "answer": ("answer", "expected", "output", "response", "target", "completion", "solution",
               "label", "回答", "答え", "解答", "正解", "答", "出力", "ラベル", "期待"),
    "choices": ("choices", "options", "選択肢", "候補"),
    "id": ("id", "番号", "no", "no."),
}  # fmt: skip
"""Names of columns, and words in them, by what they say that the column holds."""
_ALONE: dict[str, tuple[str, ...]] = {
    "prompt": ("問", "text", "sentence", "本文", "文章"),
    "answer": ("text", "本文", "文章"),
    "choices": (),
    "id": ("number", "#"),
}
"""Names that say so only as a whole, and where no other column's name does."""
_ABOUT = re.compile(
    r"(者|日|日時|日付|時刻|時間|率|数|部署|形式|種類|理由|根拠"
    r"|\b(date|time|by|author|count|length|type|format|source|score|language))$"
)
"""Ends of names that speak of a question or an answer and don't hold it: who gave it, when."""
_NUMBER = re.compile(r"番号|\b(id|no)\.?$")


@dataclass(frozen=True)
class Columns:
    """Which column holds what.

    Attributes:
        answer: the right answer; for a text that is read through, the text; "": not chosen yet.
        prompt: what is asked; None: nothing is.
        choices: one column whose cells hold all choices, or a column each; none: no choices.
        separator: what parts the choices in one cell; a JSON list is understood too.
        id: of the item; None: the line.
    """

    answer: str
    prompt: str | None = None
    choices: tuple[str, ...] = ()
    separator: str = "|"
    id: str | None = None


def guess_columns(table: Table) -> Columns:
    """What the columns' names suggest; what they say nothing plain about is left empty."""
    plain = {_plain(name): name for name in reversed(table.columns)}
    choices = _guess_choices(plain, next((plain[w] for w in _WORDS["choices"] if w in plain), None))
    left = {word: name for word, name in plain.items() if name not in choices}
    answer = _named(left, "answer")
    left = {word: name for word, name in left.items() if name != answer}
    return Columns(answer or "", _named(left, "prompt"), choices, "|", _named(left, "id"))


def _plain(name: str) -> str:
    """As names are compared: one width, no capitals, Latin words apart."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", unicodedata.normalize("NFKC", name))
    return parted.strip().casefold()


def _named(plain: Mapping[str, str], role: str) -> str | None:
    """The column whose name is a word for the role, else the only one with such a word in it."""
    for word in _WORDS[role]:
        if word in plain:
            return plain[word]
    part = [word for word in plain if _role(word) == role]
    if len(part) > 1:  # "the right answer" rather than "answer, with what it rests on"
        part = [word for word in part if word.endswith(_WORDS[role])]
    if len(part) == 1:
        return plain[part[0]]
    return None if part else next((plain[w] for w in _ALONE[role] if w in plain), None)


def _role(name: str) -> str | None:
    """What the last word in a name that says so says that the column holds."""
    if _NUMBER.search(name):
        return "id"
    if _ABOUT.search(name):
        return None
    ends = {role: max(_end(name, word) for word in _WORDS[role]) for role in ("prompt", "answer")}
    found = {role for role, end in ends.items() if end > 0}
    if len(found) == 2 and name.isascii():  # "answer to the question", or the other way round
        return None
    return max(found, key=lambda role: ends[role], default=None)


def _end(name: str, word: str) -> int:
    """Where a word last ends in a name, 0 where it isn't: Latin ones are no part of longer ones."""
    pattern = rf"(?<![a-z]){word}s?(?![a-z])" if word.isascii() else word
    return max((found.end() for found in re.finditer(pattern, name)), default=0)


def _guess_choices(plain: Mapping[str, str], one: str | None) -> tuple[str, ...]:
    """The column of choices, else the longest row of columns A, B, C ... or choice1, choice2 ..."""
    if one is not None:
        return (one,)
    for series in ("{letter}", "choice{i}", "choice {i}", "option{i}", "option {i}", "選択肢{i}"):
        names = [series.format(letter="abcdefghij"[i], i=i + 1) for i in range(10)]
        found = [plain[name] for name in names if name in plain]
        if len(found) > 1:
            return tuple(found)
    return ()
