"""Rows of a table -> evaluation items, by what each column holds. It reads no files.

What can't be an item is told with its line and left out.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from obim.errors import EvaluationError, Sentence
from obim.evaluation.columns import Columns
from obim.evaluation.tables import MOST_ROWS, Row, Table
from obim.types import Item

FEWEST = 10
"""Items of a set at least: five in each half."""
LONGEST = 20_000
"""Characters of a prompt, an answer or a choice."""
MOST_LABELS = 50
"""Different answers of a classification."""
SPLIT_SEED = 0
_READ_ALONE = frozenset(["bits_per_byte", "perplexity"])
"""Evaluators that read a text through; they need no prompt."""
_CHOOSING = frozenset(["multiple_choice"])
"""Evaluators that can do nothing without choices."""
_FREE = frozenset(["exact_match", "contains", "regex_match", *_READ_ALONE])
"""Evaluators that look at no choices."""


@dataclass(frozen=True)
class Problem:
    """A row that is left out or, where it is a ``warning``, worth a look."""

    line: int
    reason: Sentence


@dataclass(frozen=True)
class Mapped:
    """What a table's rows became.

    Attributes:
        items: in the order of the file.
        problems: rows left out.
        doubles: rows kept, whose prompt an earlier row has.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    doubles: tuple[Problem, ...]


def map_rows(table: Table, columns: Columns, evaluator: str) -> Mapped:
    """Make items of the rows.

    Args:
        evaluator: name of the one that will judge them, which says what an item needs.

    Raises:
        EvaluationError: a column isn't in the table, or the evaluator needs one more.
    """
    _check(table, columns, evaluator)
    used = replace(columns, choices=()) if evaluator in _FREE else columns
    items: list[Item] = []
    problems: list[Problem] = []
    doubles: list[Problem] = []
    ids: set[str] = set()
    asked: dict[tuple[str, str], int] = {}
    for row in table.rows:
        made = _item(row, used, evaluator)
        if isinstance(made, Item) and made.id in ids:
            made = Sentence("its id {id!r} was used before", id=made.id[:60])
        if isinstance(made, Sentence):
            problems.append(Problem(row.line, made))
            continue
        ids.add(made.id)
        items.append(made)
        first = asked.setdefault((made.prompt, "" if made.prompt else made.answer), row.line)
        if first != row.line:
            same = Sentence("the same question as in line {line}", line=first)
            doubles.append(Problem(row.line, same))
    if evaluator == "classification" and not columns.choices:
        items = _with_labels(items)
    return Mapped(tuple(items), tuple(problems), tuple(doubles))


def _with_labels(items: Sequence[Item]) -> list[Item]:
    """The items with all answers of the set as choices.

    Raises:
        EvaluationError: these are too few or too many to be labels.
    """
    labels = tuple(sorted({item.answer for item in items}))
    if items and not 2 <= len(labels) <= MOST_LABELS:
        raise EvaluationError(
            "The answers are {n} different labels; a classification needs 2 to {most}.",
            n=len(labels),
            most=MOST_LABELS,
        )
    return [replace(item, choices=labels) for item in items]


def _check(table: Table, columns: Columns, evaluator: str) -> None:
    for name in (columns.prompt, columns.answer or None, columns.id, *columns.choices):
        if name is not None and name not in table.columns:
            raise EvaluationError(
                "The table has no column {name!r}; choose one of its columns.", name=name
            )
    if columns.prompt is None and evaluator not in _READ_ALONE:
        raise EvaluationError("Choose the column that holds the prompts.")
    if not columns.answer:
        raise EvaluationError("Choose the column that holds the answers.")
    if columns.prompt == columns.answer:
        raise EvaluationError("Prompt and answer have to be two columns; choose another one.")
    if not columns.choices and evaluator in _CHOOSING:
        raise EvaluationError("Choose the columns that hold the choices.")


def _item(row: Row, columns: Columns, evaluator: str) -> Item | Sentence:
    """The item of a row, or why there is none."""
    if not row.cells:
        return Sentence("the row is empty")
    if row.overfull:
        return Sentence("more cells than the first row; put cells with commas in quotation marks")
    prompt = row.cells.get(columns.prompt, "") if columns.prompt else ""
    answer = row.cells.get(columns.answer, "")
    if columns.prompt and not prompt:
        return Sentence("the prompt is empty")
    if not answer:
        return Sentence("the answer is empty")
    if evaluator not in _READ_ALONE:
        prompt, answer = prompt.strip(), answer.strip()
    labelled = _choices(row, columns)
    choices = tuple(labelled.values())
    if any(len(text) > LONGEST for text in (prompt, answer, *choices)):
        return Sentence("a cell is longer than {most} characters", most=LONGEST)
    if not _is_text(prompt, answer, *choices):
        return Sentence("a cell holds signs that are no text")
    if choices and answer not in choices:  # it may name one by its column or its letter
        answer = labelled.get(answer.casefold(), answer)
    wrong = _wrong(answer, choices, evaluator)
    name = row.cells.get(columns.id, "").strip() if columns.id else ""
    return wrong or Item(name or str(row.line), prompt, answer, choices=choices)


def _choices(row: Row, columns: Columns) -> dict[str, str]:
    """Name of a choice, in small letters -> the choice: its column, else a, b, c ..."""
    if len(columns.choices) > 1:
        cells = {name.casefold(): row.cells.get(name, "") for name in columns.choices}
    else:
        cell = row.cells.get(columns.choices[0], "") if columns.choices else ""
        parts = _parts(cell, columns.separator)
        cells = {_letter(i): part for i, part in enumerate(parts)}
    return {name: cell.strip() for name, cell in cells.items() if cell.strip()}


def _is_text(*cells: str) -> bool:
    """Whether there is no half of a character, as JSON can hold."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else str(i)


def _parts(cell: str, separator: str) -> list[str]:
    if cell.lstrip().startswith("["):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return [str(part) for part in listed]
    return cell.split(separator)


def _wrong(answer: str, choices: Sequence[str], evaluator: str) -> Sentence | None:
    """Why an evaluator could not judge by this, None where it can."""
    if choices and (len(choices) < 2 or len(set(choices)) < len(choices)):
        return Sentence("fewer than two choices, or the same one twice")
    if choices and answer not in choices:
        return Sentence("the answer {answer!r} is none of the choices", answer=answer[:60])
    if evaluator in _CHOOSING and not choices:
        return Sentence("there are no choices")
    if evaluator == "regex_match":
        return _wrong_pattern(answer)
    return None


def _wrong_pattern(pattern: str) -> Sentence | None:
    """Why the evaluator would refuse a pattern: it is asked itself, so that both say the same."""
    from obim.evaluation.regex_match import compile_pattern  # slow to import, seldom needed

    try:
        compile_pattern(Item("", "", pattern))
    except EvaluationError as error:
        reason = str(error.values["reason"])[:80]
        return Sentence("the pattern is not valid: {reason}", reason=reason)
    return None


Half = Literal["dev", "report"]


def split_halves(items: Sequence[Item]) -> list[Half]:
    """The half of each item: dev and report in turn, in an order shuffled by a fixed seed.

    Raises:
        EvaluationError: there are too few.
    """
    if len(items) < FEWEST:
        raise EvaluationError(
            "There are {n} questions that can be used; a set needs {least} to {most}.",
            n=len(items),
            least=FEWEST,
            most=MOST_ROWS,
        )
    order = list(range(len(items)))
    random.Random(SPLIT_SEED).shuffle(order)
    held_back = set(order[1::2])
    return ["report" if i in held_back else "dev" for i in range(len(items))]
