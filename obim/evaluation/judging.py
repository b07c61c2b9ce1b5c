"""An evaluation set's items, and the evaluator that judges them, whatever kind of set it is."""

from collections.abc import Callable
from functools import partial
from typing import Any

from obim.errors import EvaluationError
from obim.evaluation.harness import is_task, task_items
from obim.evaluation.items import EvalSet, load_items
from obim.registry import find, names
from obim.types import Item


def read_items(evaluation: EvalSet, split: str | None = None) -> list[Item]:
    """Items of a set.

    Args:
        evaluation: the set.
        split: ``dev`` or ``report``; None: all. A task's documents belong to both.

    Raises:
        EvaluationError: unreadable or empty.
    """
    if is_task(evaluation.id):
        return task_items(str(evaluation.path))
    return load_items(evaluation.path, split)


def judge_of(evaluation: EvalSet) -> Callable[..., Any]:
    """``(model, encoded, tokenizer)`` -> a generator of fractions that returns results."""
    function = find("evaluator", evaluation.evaluator).function
    return partial(function, task=str(evaluation.path)) if is_task(evaluation.id) else function


def file_evaluators() -> list[str]:
    """Names of the evaluators that judge the items of a file; a task is judged by its own."""
    return [name for name in names("evaluator") if not _needs_task(name)]


def check_evaluator(name: str) -> None:
    """Refuse what can't judge a file.

    Raises:
        EvaluationError: there is no such evaluator.
    """
    if name not in file_evaluators():
        raise EvaluationError(
            "There is no evaluator called {name!r} for a file; choose one of: {known}.",
            name=name,
            known=", ".join(file_evaluators()),
        )


def _needs_task(name: str) -> bool:
    return bool(find("evaluator", name).facts.get("needs_task"))
