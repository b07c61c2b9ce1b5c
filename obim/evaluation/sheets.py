"""An Excel file -> rows of texts, as its cells were last shown. It runs no formula and no macro."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from obim.errors import EvaluationError

_MOST_UNPACKED = 200_000_000
_MOST_COLUMNS = 101
"""One more than a table may have, so that more are noticed."""


def read_sheet(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet that is not hidden: (number, a text a cell).

    Yields:
        Every row, empty ones too.

    Raises:
        EvaluationError: it is no Excel file, far too large, or a formula has no value in it.
    """
    import openpyxl

    _look_inside(content)
    try:
        values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        written = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        shown = [sheet.title for sheet in values.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            return
        pairs = zip(_rows(values[shown[0]]), _rows(written[shown[0]]), strict=True)
        for number, (row, formulas) in enumerate(pairs, 1):
            yield number, _texts(number, row, formulas)
    except EvaluationError:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part makes it meet
        raise _no_excel() from error


def _no_excel() -> EvaluationError:
    return EvaluationError(
        "The file is no Excel file that can be read; save it again as .xlsx, without a password."
    )


def _look_inside(content: bytes) -> None:
    """Refuse what would not fit in memory, before it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _no_excel() from error
    if unpacked > _MOST_UNPACKED:
        raise EvaluationError(
            "The Excel file unpacks to more than {most} MB; keep one sheet with the questions.",
            most=_MOST_UNPACKED // 10**6,
        )


def _rows(sheet: Any) -> Iterator[Sequence[Any]]:
    sheet.reset_dimensions()  # what a file says of its own size need not be true
    yield from sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)


def _texts(number: int, row: Sequence[Any], formulas: Sequence[Any]) -> list[str]:
    if formulas.count(None) == len(formulas):  # borders alone can make very many of these
        return []
    for value, formula in zip(row, formulas, strict=False):
        if value is None and isinstance(formula, str) and formula.startswith("="):
            raise EvaluationError(
                "Row {line} holds a formula without its result; open and save the file in Excel, "
                "or paste it as values.",
                line=number,
            )
    return [_text(value) for value in row]


def _text(value: Any) -> str:
    """A cell as people read it: 3 for 3.0, 2024-05-01 for a day."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
