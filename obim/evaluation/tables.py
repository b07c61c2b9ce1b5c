"""A file with a table -> rows of texts, each with its line in the file.

CSV, TSV, JSONL and Excel. It knows nothing of prompts and answers: `mapping` does.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from obim.errors import EvaluationError
from obim.evaluation.charsets import decode

KINDS = (".csv", ".tsv", ".jsonl", ".xlsx")
MOST_BYTES = 50_000_000
MOST_ROWS = 10_000
_MOST_LOOKED_AT = 100_000
"""Rows read at most, empty ones too: a sheet may have borders far below its last question."""
MOST_COLUMNS = 100
LONGEST_NAME = 100
"""Characters of a column's name; what is longer is a text, so the header is missing."""
_LONGEST_CELL = 1_000_000
_DELIMITERS = (",", "\t", ";")
_LOOK = 50  # rows that tell the delimiter


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        line: where it begins, counted from 1: a line of a text file, a row of a sheet.
        cells: text of each column that is not empty.
        overfull: it has more cells than the header has names.
    """

    line: int
    cells: dict[str, str]
    overfull: bool = False


@dataclass(frozen=True)
class Table:
    """What a file holds.

    Attributes:
        columns: names, in the order of the file.
        rows: all below the header, empty ones too, but for those at the end.
        encoding: of the text; ``xlsx`` for a sheet.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str


def read_table(path: Path) -> Table:
    """Read a table of at most 10,000 rows.

    Raises:
        EvaluationError: it is missing, too large, no such file, empty, or has no header.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise EvaluationError(
            "A table has to be a .csv, .tsv, .jsonl or .xlsx file; save it as one of those."
        )
    try:
        content = _read(path)
    except OSError as error:
        raise EvaluationError(
            "The table can't be read ({reason}); choose it again.", reason=error.strerror
        ) from error
    if kind == ".xlsx":
        from obim.evaluation.sheets import read_sheet

        return _with_header(_bounded(read_sheet(content)), "xlsx")
    text, encoding = decode(content)
    if kind == ".jsonl":
        return _from_objects(_bounded(_parse_objects(text)), encoding)
    return _with_header(_bounded(_parse_rows(text, "\t" if kind == ".tsv" else None)), encoding)


def _read(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise EvaluationError(
            "The table is larger than {most} MB; choose {rows} rows or fewer.",
            most=MOST_BYTES // 10**6,
            rows=MOST_ROWS,
        )
    content = path.read_bytes()
    if not content.strip():
        raise EvaluationError("The table is empty; choose a file with a header and rows.")
    return content


Record = tuple[int, list[str]]
"""(line, cells)."""


def _parse_rows(text: str, delimiter: str | None) -> Iterator[Record]:
    """Rows of a CSV, quoted cells with line breaks whole."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter or _delimiter(text))
    limit, line = csv.field_size_limit(_LONGEST_CELL), 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise EvaluationError(
            "Line {line} can't be read as a row: a cell is longer than {most} characters, or a "
            "quotation mark is never closed; correct it.",
            line=line,
            most=_LONGEST_CELL,
        ) from error
    finally:
        csv.field_size_limit(limit)


def _delimiter(text: str) -> str:
    """What parts the cells: what gives most rows as many cells as the first has."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            widths = [len(cells) for cells in islice(reader, _LOOK) if cells]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(_DELIMITERS, key=fit)


def _parse_objects(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines of a JSONL file, a value that is no text as JSON."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        try:
            record = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise EvaluationError(
                "Line {line} is no JSON object; write one a line, such as {example}.",
                line=number,
                example='{"prompt": "...", "answer": "..."}',
            )
        yield number, {str(key): _text(value) for key, value in record.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _from_objects(records: Iterable[tuple[int, dict[str, str]]], encoding: str) -> Table:
    columns: dict[str, None] = {}

    def rows() -> Iterator[Row]:
        for line, record in records:
            columns.update(dict.fromkeys(record))
            _count(0, len(columns))
            yield Row(line, {name: text for name, text in record.items() if text.strip()})

    return _finish(columns, rows(), encoding)


def _with_header(records: Iterator[Record], encoding: str) -> Table:
    header = next((cells for _, cells in records if any(map(str.strip, cells))), None)
    if header is None:
        raise EvaluationError("The table is empty; choose a file with a header and rows.")
    names = [cell.strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    if not _are_names(names):
        raise EvaluationError(
            "The first row has to give every column a name of its own, such as: prompt, answer; "
            "add such a row."
        )
    _count(0, len(names))
    return _finish(names, _named(names, records), encoding)


def _named(names: list[str], records: Iterator[Record]) -> Iterator[Row]:
    for line, cells in records:
        named = zip(names, cells, strict=False)
        overfull = any(map(str.strip, cells[len(names) :]))
        yield Row(line, {name: cell for name, cell in named if cell.strip()}, overfull)


def _bounded(records: Iterable[Any]) -> Iterator[Any]:
    """Records, up to a bound: of those that are filled `_finish` takes far fewer."""
    for seen, record in enumerate(records):
        if seen == _MOST_LOOKED_AT:
            raise EvaluationError(
                "The table has more than {most} rows, most of them empty; delete the empty ones.",
                most=_MOST_LOOKED_AT,
            )
        yield record


def _are_names(names: list[str]) -> bool:
    """Whether a first row can be a header: names all different, none a text or a number."""
    return len(set(names)) == len(names) and all(
        0 < len(name) <= LONGEST_NAME and "\n" not in name and not _is_number(name)
        for name in names
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _count(rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise EvaluationError(
            "The table has more than {most} rows; choose {most} or fewer.", most=MOST_ROWS
        )
    if columns > MOST_COLUMNS:
        raise EvaluationError(
            "The table has more than {most} columns; leave out those that aren't needed.",
            most=MOST_COLUMNS,
        )


def _finish(columns: Collection[str], rows: Iterable[Row], encoding: str) -> Table:
    """Rows but the empty ones at the end, which don't count; no more are held than may be."""
    kept: list[Row] = []
    empty: list[Row] = []
    for row in rows:
        if row.cells:
            kept += [*empty, row]
            empty.clear()
            _count(len(kept), 0)
        elif len(kept) + len(empty) < MOST_ROWS:
            empty.append(row)
    if not kept or not columns:
        raise EvaluationError("The table is empty; choose a file with a header and rows.")
    return Table(tuple(columns), tuple(kept), encoding)
