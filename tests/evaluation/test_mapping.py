"""Columns -> items: guesses, choices, rows that are left out, and the two halves."""

import warnings

import pytest

from obim.errors import EvaluationError
from obim.evaluation.columns import Columns, guess_columns
from obim.evaluation.mapping import map_rows, split_halves
from obim.evaluation.regex_match import compile_pattern
from obim.evaluation.tables import Row, Table
from obim.types import Item


def table(*rows: dict[str, str], overfull: int = -1) -> Table:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    made = [
        Row(line, {k: v for k, v in row.items() if v}, line == overfull)
        for line, row in enumerate(rows, 2)
    ]
    return Table(columns, tuple(made), "utf-8")


@pytest.mark.parametrize(
    ("columns", "guess"),
    [
        (("prompt", "answer"), Columns("answer", "prompt")),
        (("番号", "質問", "回答"), Columns("回答", "質問", id="番号")),
        (("ID", "Answer", "Question"), Columns("Answer", "Question", id="ID")),
        (("x", "y"), Columns("")),
        (("番号", "質問文", "正しい答え", "担当部署"), Columns("正しい答え", "質問文", id="番号")),
        (("No.", "お客様からの問い合わせ", "模範解答", "回答者"),
         Columns("模範解答", "お客様からの問い合わせ", id="No.")),
        (("ID", "Question_Text", "expectedOutput"),
         Columns("expectedOutput", "Question_Text", id="ID")),
        (("質問番号", "質問への回答", "質問"), Columns("質問への回答", "質問", id="質問番号")),
        (("答えの根拠", "正しい答え", "PROMPT"), Columns("正しい答え", "PROMPT")),
        (("質問1", "質問2", "Completion"), Columns("Completion")),  # which of the two isn't plain
        (("video", "context", "answer to the question"), Columns("")),
        (("text", "label"), Columns("label", "text")),
        (("text",), Columns("text")),
        (("question", "A", "B", "C", "answer"), Columns("answer", "question", ("A", "B", "C"))),
        (("質問", "選択肢1", "選択肢2", "正解"),
         Columns("正解", "質問", ("選択肢1", "選択肢2"))),
        (("question", "options", "label"), Columns("label", "question", ("options",))),
    ],
)  # fmt: skip
def test_names_of_columns_say_what_they_hold(columns: tuple[str, ...], guess: Columns) -> None:
    assert guess_columns(Table(columns, (), "utf-8")) == guess


def test_a_role_that_is_left_empty_has_to_be_chosen() -> None:
    rows = table({"a": "1", "b": "2"})
    with pytest.raises(EvaluationError, match="the column that holds the prompts"):
        map_rows(rows, Columns(""), "exact_match")
    with pytest.raises(EvaluationError, match="the column that holds the answers"):
        map_rows(rows, Columns("", "a"), "exact_match")


def test_wrong_rows_are_left_out_with_line_and_reason() -> None:
    found = map_rows(
        table(
            {"q": "1?", "a": " yes "}, {"q": "", "a": ""}, {"q": "", "a": "no"}, {"q": "2?"},
            {"q": "3?", "a": "x"}, {"q": "x" * 20_001, "a": "y"}, {"q": "1?", "a": "again"},
            overfull=6,
        ),
        Columns("a", "q"),
        "exact_match",
    )  # fmt: skip
    assert [(item.id, item.prompt, item.answer) for item in found.items] == [
        ("2", "1?", "yes"), ("8", "1?", "again"),
    ]  # fmt: skip
    assert [problem.line for problem in found.problems] == [3, 4, 5, 6, 7]
    reasons = [str(problem.reason) for problem in found.problems]
    for part, reason in zip(
        ["row is empty", "prompt is empty", "answer is empty", "more cells", "20000"], reasons,
        strict=True,
    ):  # fmt: skip
        assert part in reason
    (double,) = found.doubles
    assert (double.line, str(double.reason)) == (8, "the same question as in line 2")


def test_an_answer_may_name_its_choice_by_column_or_letter() -> None:
    rows = [
        {"q": "1?", "A": "cat", "B": "dog", "C": "", "a": "B"},
        {"q": "2?", "A": "cat", "B": "", "C": "cow", "a": "c"},
        {"q": "3?", "A": "B", "B": "dog", "C": "cow", "a": "B"},
        {"q": "4?", "A": "cat", "B": "dog", "C": "cow", "a": "D"},
        {"q": "5?", "A": "cat", "B": "cat", "C": "cow", "a": "A"},
        {"q": "6?", "A": "cat", "a": "A"},
        {"q": "7?", "a": "A"},
    ]
    found = map_rows(table(*rows), Columns("a", "q", ("A", "B", "C")), "multiple_choice")
    assert [item.answer for item in found.items] == ["dog", "cow", "B"]
    assert [len(item.choices) for item in found.items] == [2, 2, 3]
    assert [problem.line for problem in found.problems] == [5, 6, 7, 8]


@pytest.mark.parametrize("cell", ["cat | dog|cow", '["cat", "dog", "cow"]'])
def test_choices_in_one_cell(cell: str) -> None:
    rows = table({"q": "1?", "c": cell, "a": "dog"}, {"q": "2?", "c": cell, "a": "C"})
    found = map_rows(rows, Columns("a", "q", ("c",)), "multiple_choice")
    assert [item.choices for item in found.items] == [("cat", "dog", "cow")] * 2
    assert [item.answer for item in found.items] == ["dog", "cow"]


def test_labels_of_a_classification_are_all_its_answers() -> None:
    rows = [{"q": f"{i}?", "a": "good" if i % 3 else "bad"} for i in range(12)]
    found = map_rows(table(*rows), Columns("a", "q"), "classification")
    assert {item.choices for item in found.items} == {("bad", "good")}
    many = [{"q": f"{i}?", "a": str(i)} for i in range(60)]
    with pytest.raises(EvaluationError, match="60 different labels"):
        map_rows(table(*many), Columns("a", "q"), "classification")


def test_a_pattern_has_to_be_one() -> None:
    rows = table({"q": "1?", "a": "(ab"}, {"q": "2?", "a": "[0-9]+"})
    found = map_rows(rows, Columns("a", "q"), "regex_match")
    assert [item.id for item in found.items] == ["3"]
    assert "pattern" in str(found.problems[0].reason)


@pytest.mark.parametrize("pattern", [r"\p{Hiragana}+", "(?V1)[a--b]", "[[a]", "[a||b]"])
def test_a_pattern_is_of_the_dialect_that_judges(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # `re` warns of two of these
        found = map_rows(table({"q": "1?", "a": pattern}), Columns("a", "q"), "regex_match")
    assert [item.answer for item in found.items] == [pattern]
    assert compile_pattern(found.items[0]).pattern == pattern


def test_ids_are_told_apart() -> None:
    rows = table({"q": "1?", "a": "x", "id": "k"}, {"q": "2?", "a": "y", "id": "k"})
    found = map_rows(rows, Columns("a", "q", id="id"), "exact_match")
    assert [item.id for item in found.items] == ["k"]
    assert str(found.problems[0].reason) == "its id 'k' was used before"


def test_texts_to_be_read_through_need_no_prompt_and_keep_their_spaces() -> None:
    rows = table({"text": " one "}, {"text": "two"}, {"text": "two"})
    found = map_rows(rows, Columns("text"), "bits_per_byte")
    assert (found.items[0].prompt, found.items[0].answer) == ("", " one ")
    assert [double.line for double in found.doubles] == [4]


@pytest.mark.parametrize(
    ("columns", "evaluator", "said"),
    [
        (Columns("a"), "exact_match", "holds the prompts"),
        (Columns("a", "a"), "exact_match", "two columns"),
        (Columns("a", "gone"), "exact_match", "no column 'gone'"),
        (Columns("a", "q"), "multiple_choice", "holds? the choices"),
    ],
)
def test_columns_that_can_not_be(columns: Columns, evaluator: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        map_rows(table({"q": "1?", "a": "x"}), columns, evaluator)


@pytest.mark.parametrize("n", [10, 11, 101])
def test_halves_are_of_one_size_mixed_and_always_the_same(n: int) -> None:
    items = [Item(str(i), "q", "a") for i in range(n)]
    halves = split_halves(items)
    assert halves == split_halves(items)
    assert halves.count("dev") - halves.count("report") in (0, 1)
    assert halves != ["dev", "report"] * (n // 2) + ["dev"] * (n % 2)
    with pytest.raises(EvaluationError, match="There are 9 questions"):
        split_halves(items[:9])


def test_half_a_character_is_told() -> None:
    rows = table({"q": "\ud800", "a": "x"}, {"q": "2?", "a": "y"})
    found = map_rows(rows, Columns("a", "q"), "exact_match")
    assert [problem.line for problem in found.problems] == [2]
