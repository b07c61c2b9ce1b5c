"""``obim compare FOLDER SET...``: what an exported model can do now, against what it could then."""

import math
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from obim.commands.figures import describe
from obim.commands.progress import open_bar, show

if TYPE_CHECKING:
    from obim.evaluation.statistics import Comparison, Interval
    from obim.runs.comparing import Answer, Question
    from obim.runs.evaluation_file import EvaluationFile, StoredScore

HELP = "evaluate an exported model and compare it with its stored scores"
HEADER = ("set", "evaluator", "items", "now", "compared with", "then", "change", "verdict")


def define(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, help="exported model")
    parser.add_argument("sets", nargs="+", metavar="SET", help="JSONL file, or id of a demo's set")
    parser.add_argument("--set-evaluator", help="how to judge them (default: as they were)")
    parser.add_argument("--against", help="another model (folder or demo:base) on the same items")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit code 1 where a set got worse"
    )


def run(options: Namespace, began: float) -> int:
    """Print the table; 1 where a set got significantly worse and that was asked for."""
    from obim.errors import EvaluationError
    from obim.runs.comparing import against_before, against_other, ask, computing_of, find_set, pose
    from obim.runs.evaluation_file import read_table

    other = options.against and _require(options.against)
    table, chosen = read_table(options.folder), options.set_evaluator
    questions = [pose(find_set(ref, chosen), table, chosen is not None) for ref in options.sets]
    if options.fail_if_worse and not other:
        for question in questions:
            if question.before is None:
                raise EvaluationError(
                    "{name} was not evaluated with these items before the export, so nothing can "
                    "be found worse; give --against another model.",
                    name=question.evaluation.title["en"],
                )
    computing = computing_of(table, [options.folder, *([other] if other else [])])
    _say_dtype(table, computing is not None)
    with open_bar() as bar:
        span = 0.5 if other else 1.0
        now = ask(
            options.folder, questions, lambda share, name: show(bar, span * share, name), computing
        )
        rivals = other and ask(
            other, questions, lambda share, name: show(bar, 0.5 + 0.5 * share, name), computing
        )
    rows, worse = [], False
    for i, (question, answer) in enumerate(zip(questions, now, strict=True)):
        found = [(_then(question), against_before(question, answer))] if question.before else []
        if rivals:
            then = (Path(options.against).name, _interval(question, rivals[i].score))
            found.append((then, against_other(question, answer, rivals[i])))
        rows += [_row(question, answer, then, change) for then, change in found]
        if not found:
            rows.append(_row(question, answer, ("nothing stored of these items", "-"), None))
        worse |= any(change is not None and change.verdict == "worse" for _, change in found)
    _print(rows)
    _print_figures(questions)
    return int(worse and options.fail_if_worse)


def _require(model: str) -> Path:
    """Folder of a model, looked into now, so that a wrong one is not told after an hour."""
    from obim.models.checkpoint import open_checkpoint
    from obim.models.sources import resolve
    from obim.models.tokenizing import load_tokenizer

    path = open_checkpoint(resolve(model)).path
    load_tokenizer(path)
    return path


def _say_dtype(table: "EvaluationFile | None", in_float32: bool) -> None:
    if table is not None and table.computing == "float32" and not in_float32:
        print(
            "obim: the stored scores were computed in float32, for which there is too little "
            "memory here; the format of the files may differ from it a little.",
            file=sys.stderr,
        )
    if table is None:
        print("obim: the folder carries no evaluation.json.", file=sys.stderr)
    elif table.dtype != table.written:
        print(
            f"obim: the stored scores are of {table.dtype} weights, the folder's are "
            f"{table.written}.",
            file=sys.stderr,
        )


def _then(question: "Question") -> tuple[str, str]:
    assert question.before is not None
    score = question.before.score
    return "before the export", describe(score.unit, score.score, score.low, score.high)


def _interval(question: "Question", found: "Interval") -> str:
    return describe(_unit(question), found.value, found.low, found.high)


def _unit(question: "Question") -> str:
    from obim.registry import find

    return str(find("evaluator", question.evaluation.evaluator).facts["unit"])


def _row(
    question: "Question", now: "Answer", then: tuple[str, str], change: "Comparison | None"
) -> tuple[str, ...]:
    return (
        question.evaluation.title["en"],
        question.evaluation.evaluator,
        str(len(question.items)),
        _interval(question, now.score),
        *then,
        "-" if change is None else _change(question, change.difference),
        "-" if change is None else _verdict(change),
    )


def _change(question: "Question", found: "Interval") -> str:
    from obim.registry import find

    facts = find("evaluator", question.evaluation.evaluator).facts
    ends = (found.value, found.low, found.high)
    if facts["unit"] == "share":
        value, low, high = (f"{100 * end:+.1f}" for end in ends)
        return f"{value} points ({low} to {high})"
    if facts.get("transform") == "exp":
        value, low, high = (f"{math.exp(end):.3f}" for end in ends)
        return f"x {value} ({low} to {high})"
    value, low, high = (f"{end:+.4g}" for end in ends)
    return f"{value} ({low} to {high})"


def _verdict(change: "Comparison") -> str:
    if change.verdict != "unclear":
        return change.verdict
    if change.needed is None:
        return f"no difference with {change.n} items"
    return f"can't tell with {change.n} items; about {change.needed} would do"


def _print(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in (HEADER, *rows)) for i in range(len(HEADER))]
    for row in (HEADER, *rows):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _print_figures(questions: "list[Question]") -> None:
    """Stored figures of this model, where a set is new: they are of other items."""
    figures = {
        _stored_line(stored)
        for question in questions
        if question.before is None
        for stored in question.figures
    }
    if figures:
        print("\nWhat this model scored before the export, on other items:")
        print("\n".join(sorted(figures)))


def _stored_line(stored: "StoredScore") -> str:
    score = stored.score
    found = describe(score.unit, score.score, score.low, score.high)
    return f"  {stored.title}: {found}, {score.n} items, {score.evaluator}"
