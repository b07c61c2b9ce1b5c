"""``obim evaluate MODEL SET``: one model on one evaluation set or task, its score on a line."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from obim.commands.figures import describe
from obim.commands.progress import open_bar, show

if TYPE_CHECKING:
    from obim.evaluation.items import EvalSet
    from obim.runs.comparing import Question

HELP = "score one model on one evaluation set or task"
_SEED = 0
"""Of the draw of ``--items``."""


def define(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("model", help="folder of a model, or demo:base")
    parser.add_argument(
        "set",
        metavar="SET",
        help="JSONL file, name of a saved set, id of a demo's, or a task of "
        "lm-evaluation-harness: its name or YAML file",
    )
    parser.add_argument("--evaluator", help="how to judge a file (default: exact_match)")
    parser.add_argument("--items", type=int, help="at most this many, the same draw every time")


def run(options: Namespace, began: float) -> int:
    """Score, and print the score with its interval."""
    from obim.models.sources import resolve
    from obim.registry import find
    from obim.runs.comparing import ask, computing_of
    from obim.runs.evaluation_file import read_table

    question, folder = _pose(options), resolve(options.model)
    computing = computing_of(read_table(folder), [folder])
    judge, what = question.evaluation.evaluator, question.evaluation.title["en"]
    with open_bar() as bar:
        (answer,) = ask(folder, [question], lambda share, name: show(bar, share, name), computing)
        show(bar, 1.0, what)
    score, n = answer.score, len(answer.results)
    unit = str(find("evaluator", judge).facts["unit"])
    print(f"{what}: {describe(unit, score.value, score.low, score.high)}, {n} items, {judge}")
    return 0


def _pose(options: Namespace) -> "Question":
    """The set and the items that are asked."""
    from obim.errors import EvaluationError
    from obim.evaluation.items import draw
    from obim.evaluation.judging import read_items
    from obim.runs.comparing import Question

    if options.items is not None and options.items < 1:
        raise EvaluationError("The number of items has to be 1 or more.")
    evaluation = _find(options.set, options.evaluator)
    items = draw(read_items(evaluation, "report"), options.items, _SEED)
    return Question(evaluation, tuple(items), None, ())


def _find(name: str, judge: str | None) -> "EvalSet":
    from obim.errors import EvaluationError
    from obim.evaluation.harness import is_file, task_set
    from obim.runs.comparing import find_set, known_sets

    in_file = Path(name).expanduser().exists() and not is_file(name)
    if in_file or name in known_sets():
        return find_set(name, judge)
    if judge is not None:
        raise EvaluationError("A task is judged by its own metric; leave the evaluator out.")
    return task_set(name)
