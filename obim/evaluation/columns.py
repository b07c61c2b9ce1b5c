"""Which column of a table holds what, and what the columns' names suggest."""

from collections.abc import Mapping
from dataclasses import dataclass

from obim.evaluation.tables import Table

_GUESSES: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "input", "instruction", "query", "質問", "問題", "設問", "問",
               "入力", "指示", "プロンプト"),
    "answer": ("answer", "expected", "output", "response", "label", "target", "text", "回答",
               "答え", "解答", "正解", "答", "出力", "ラベル", "期待する答え", "本文"),
    "choices": ("choices", "options", "選択肢", "候補"),
    "id": ("id", "番号", "no", "no."),
}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """Which column holds what.

    Attributes:
        answer: the right answer; for a text that is read through, the text.
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
    """What the columns' names suggest; where they say nothing, prompt first, answer last."""
    plain = {name.strip().casefold(): name for name in reversed(table.columns)}

    def named(what: str) -> str | None:
        return next((plain[word] for word in _GUESSES[what] if word in plain), None)

    answer = named("answer") or table.columns[-1]
    prompt = named("prompt")
    if prompt is None and len(table.columns) > 1:
        prompt = next(name for name in table.columns if name != answer)
    return Columns(answer, prompt, _guess_choices(plain, named("choices")), "|", named("id"))


def _guess_choices(plain: Mapping[str, str], one: str | None) -> tuple[str, ...]:
    """The column of choices, else the longest row of columns A, B, C ... or choice1, choice2 ..."""
    if one is not None:
        return (one,)
    for series in ("{letter}", "choice{i}", "choice_{i}", "option{i}", "選択肢{i}"):
        names = [series.format(letter="abcdefghij"[i], i=i + 1) for i in range(10)]
        found = [plain[name] for name in names if name in plain]
        if len(found) > 1:
            return tuple(found)
    return ()
