"""Tables as people have them: encodings, delimiters, quotes, Excel, and files that are none."""

import datetime
import io
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Border, Side

from obim.errors import EvaluationError
from obim.evaluation import tables
from obim.evaluation.columns import Columns, guess_columns
from obim.evaluation.mapping import map_rows
from obim.evaluation.tables import Table, read_table

QUESTIONS = [
    ("保証期間は何年ですか?", "1年"),
    ("返品できる期間を教えてください。", "30日以内"),
    ("送料はいくらですか?", "全国一律500円"),
    ("領収書は発行できますか?", "はい、可能です"),
    ("営業時間は?", "平日9:00~17:00"),
    ("支払い方法は何がありますか?", "クレジットカード、銀行振込"),
    ("「特急」の納期は?", "翌営業日"),
    ("型番A-100の後継機種は?", "A-200"),
    ("住所変更の手続きは?", "マイページから"),
    ("株主優待はありますか?", "ありません"),
]
HALF_WIDTH = [(f"ｺｰﾄﾞ{i}ﾉ ﾗﾝｸ?", "ﾊｲ") for i in range(10)]
"""Half-width katakana: single bytes in Shift_JIS."""
KANJI = [(f"東京都{sign}丁目", "港区") for sign in "一二三四五六七八九十"]
SIGNS = [(f"★重要★【{i}】※注意", "○") for i in range(10)]
ASCII = [(f"question {i} about Tokyo?", "東") for i in range(10)]


def lines(pairs: list[tuple[str, str]], delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(pair) for pair in [("質問", "回答"), *pairs]) + "\r\n"


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def pairs_of(table: Table) -> list[tuple[str, str]]:
    return [(row.cells["質問"], row.cells["回答"]) for row in table.rows]


@pytest.mark.parametrize(
    "pairs",
    [QUESTIONS, HALF_WIDTH, KANJI, SIGNS, ASCII],
    ids=["mixed", "half-width", "kanji", "signs", "ascii"],
)
@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp932", "cp932"),
        ("euc_jp", "euc_jp"), ("utf-16", "utf-16"), ("utf-16-le", "utf_16_le"),
        ("utf-16-be", "utf_16_be"),
    ],
)  # fmt: skip
def test_ten_japanese_rows_are_read_in_every_encoding(
    tmp_path: Path, pairs: list[tuple[str, str]], written: str, found: str
) -> None:
    table = read_table(write(tmp_path / "faq.csv", lines(pairs), written))
    assert pairs_of(table) == pairs
    assert table.encoding == found
    assert [row.line for row in table.rows] == list(range(2, 12))


def test_signs_of_windows_alone_are_read(tmp_path: Path) -> None:
    pairs = [(f"①番の㈱{i}は~?", "髙橋") for i in range(10)]
    assert pairs_of(read_table(write(tmp_path / "w.csv", lines(pairs), "cp932"))) == pairs


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    pairs = [(f"{i}. 何色, 何個?" if delimiter != "," else f"{i}. 何色?", "赤") for i in range(10)]
    path = write(tmp_path / "t.csv", lines(pairs, delimiter), "cp932")
    assert pairs_of(read_table(path)) == pairs


def test_a_cell_with_line_breaks_is_one_and_lines_are_counted(tmp_path: Path) -> None:
    text = '質問,回答\n"一行目\n二行目, ""引用""",はい\n\n次,いいえ\n\n\n'
    table = read_table(write(tmp_path / "t.csv", text))
    assert table.rows[0].cells["質問"] == '一行目\n二行目, "引用"'
    assert [row.line for row in table.rows] == [2, 4, 5]
    mapped = map_rows(table, guess_columns(table), "exact_match")
    assert [(p.line, str(p.reason)) for p in mapped.problems] == [(4, "the row is empty")]


def test_json_lines_keep_lists_and_numbers(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"question": "1+1?", "answer": 2, "choices": ["2", "3"]}, {"question": "|?", "answer": "b"}
    ]  # fmt: skip
    path = write(tmp_path / "t.jsonl", "\n".join(map(json.dumps, records)))
    table = read_table(path)
    assert table.columns == ("question", "answer", "choices")
    columns = guess_columns(table)
    assert columns == Columns("answer", "question", ("choices",))
    (item,) = map_rows(table, columns, "multiple_choice").items
    assert (item.answer, item.choices) == ("2", ("2", "3"))
    first, second = map_rows(table, columns, "exact_match").items
    assert (first.choices, second.prompt, second.answer) == ((), "|?", "b")


def save_sheet(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("shown")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_excel_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    rows = [
        ["質問", "回答", None], ["整数は?", 3.0], ["小数は?", 0.1 + 0.2], [], ["いつ?",
        datetime.datetime(2024, 5, 1)], ["真?", True], ["改\n行", "はい"],
    ]  # fmt: skip
    table = read_table(save_sheet(tmp_path / "t.xlsx", rows))
    assert [row.cells.get("回答") for row in table.rows] == [
        "3", "0.3", None, "2024-05-01", "TRUE", "はい",
    ]  # fmt: skip
    assert [row.line for row in table.rows] == [2, 3, 4, 5, 6, 7]


def test_a_formula_that_was_never_computed_is_told_by_its_row(tmp_path: Path) -> None:
    path = save_sheet(tmp_path / "t.xlsx", [["q", "a"], ["one", "1"], ["two", "=1+1"]])
    with pytest.raises(EvaluationError, match="Row 3 holds a formula"):
        read_table(path)


def bomb() -> bytes:
    """An archive that says it unpacks to a gigabyte."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 250_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf\r\n", "empty"),
        ("a.csv", b"prompt,answer\n", "empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + struct.pack("40I", *range(40)), "no text"),
        ("a.csv", bytes(range(256)) * 40, "no text"),
        ("a.csv", "1,2\n3,4\n", "name of its own"),
        ("a.csv", "a,a\n3,4\n", "name of its own"),
        ("a.csv", "a,,b\n3,4,5\n", "name of its own"),
        ("a.csv", "x" * 101 + ",b\n3,4\n", "name of its own"),
        ("a.csv", 'a,b\n"never closed,1\n' + "x" * 1_100_000, "Line 2 .* quotation mark"),
        (
            "a.csv",
            "a,b\n" + "x" * 1_100_000 + ",1\n",
            "Line 2 .* longer than 1000000 characters, or",
        ),
        ("a.csv", "a,b\n1,2\n\0,4\n", r"Line 3 holds a sign that is no text \(code 0\)"),
        ("a.csv", "質問,回答\r\n1,\x1b[31m\r\n", r"Line 2 .* \(code 27\)"),
        ("a.csv", "a,b\n1,2\n\0", "Line 3 holds a sign"),
        ("a.csv", "質問,回答\r\n東京1,\0\r\n".encode("cp932"), "no text"),
        ("a.csv", "質問,回答\r\n東京1,港区\r\n\0".encode("cp932"), "no text"),
        ("a.csv", ",".join(f"c{i}x" for i in range(101)) + "\n1\n", "more than 100 columns"),
        ("a.csv", "a,b\n" + "1,2\n" * 10_001, "more than 10000 rows"),
        ("a.jsonl", '{"a": 1}\n[1]\n', "Line 2 is no JSON object"),
        ("a.jsonl", "[" * 100_000, "Line 1 is no JSON object"),
        ("a.xlsx", b"PK\x03\x04 no archive", "no Excel file"),
        ("a.xlsx", "a,b\n1,2\n", "no Excel file"),
        ("a.xls", b"\xd0\xcf\x11\xe0", ".csv, .tsv, .jsonl or .xlsx"),
        ("a.csv", b"0" * 50_000_001, "larger than 50 MB"),
    ],
)
def test_what_is_no_table_gets_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(EvaluationError, match=said) as error:
        read_table(write(tmp_path / name, content))
    assert "\n" not in str(error.value)


def test_an_excel_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="unpacks to more than 200 MB"):
        read_table(write(tmp_path / "t.xlsx", bomb()))


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(EvaluationError, match="no Excel file"):
        read_table(tmp_path / "t.xlsx")


def test_ten_million_rows_are_not_all_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = tables._count

    def count(rows: int, columns: int) -> None:
        seen.append(rows)
        real(rows, columns)

    monkeypatch.setattr(tables, "_count", count)
    with pytest.raises(EvaluationError, match="more than 10000 rows"):
        read_table(write(tmp_path / "t.csv", b"a,b\n" + b"1,2\n" * 10_000_000))
    assert max(seen) == tables.MOST_ROWS + 1


def bordered(path: Path, empty: int, last: list[str] | None = None) -> Path:
    """A sheet of twelve questions with borders on the empty rows below."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["q", "a"], *([f"q{i}", f"a{i}"] for i in range(12))]:
        sheet.append(row)
    for number in range(14, 14 + empty):
        sheet.cell(number, 1).border = Border(left=Side("thin"))
    if last:
        sheet.append(last)
    book.save(path)
    return path


def test_empty_rows_at_the_end_do_not_count(tmp_path: Path) -> None:
    text = "q,a\n" + "1,2\n" * tables.MOST_ROWS + "\n,\n" * 5_000
    table = read_table(write(tmp_path / "t.csv", text))
    assert [row.line for row in table.rows] == list(range(2, tables.MOST_ROWS + 2))
    lines = '{"q": "1", "a": "2"}\n' * tables.MOST_ROWS + "\n{}\n" * 5_000
    assert len(read_table(write(tmp_path / "t.jsonl", lines)).rows) == tables.MOST_ROWS
    assert len(read_table(bordered(tmp_path / "t.xlsx", tables.MOST_ROWS + 1)).rows) == 12


def test_empty_rows_between_questions_count(tmp_path: Path) -> None:
    least = tables.MOST_ROWS - 2
    whole = read_table(write(tmp_path / "t.csv", "q,a\n1,2\n" + ",\n" * least + "3,4\n"))
    assert [row.line for row in whole.rows] == list(range(2, tables.MOST_ROWS + 2))
    for more in (1, 2, 5_000):
        text = "q,a\n1,2\n" + ",\n" * (least + more) + "3,4\n"
        with pytest.raises(EvaluationError, match="more than 10000 rows"):
            read_table(write(tmp_path / "t.csv", text))
    with pytest.raises(EvaluationError, match="more than 10000 rows"):
        read_table(bordered(tmp_path / "t.xlsx", tables.MOST_ROWS, ["q", "a"]))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("t.csv", "q,a\n1,2\n", "3,4\n"), ("t.csv", "", "q,a\n1,2\n"), ("t.jsonl", '{"a": 1}\n', "")],
)
def test_a_million_empty_rows_are_not_all_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: str, after: str
) -> None:
    seen = []
    real = tables._bounded

    def bounded(records: Iterable[Any]) -> Iterator[Any]:
        yield from real(seen.append(record[0]) or record for record in records)

    monkeypatch.setattr(tables, "_bounded", bounded)
    with pytest.raises(EvaluationError, match="more than 100000 rows, most of them empty"):
        read_table(write(tmp_path / name, before + "\n" * 1_000_000 + after))
    assert len(seen) == 100_001


def test_a_missing_file_is_told_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError) as error:
        read_table(tmp_path / "gone.csv")
    assert str(tmp_path) not in str(error.value)
