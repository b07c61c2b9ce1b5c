"""Which items of an evaluation set are scored. It reads the set and runs no model."""

from collections.abc import Sequence

from obim.errors import EvaluationError
from obim.evaluation.harness import is_task
from obim.evaluation.items import EvalSet, draw
from obim.evaluation.judging import read_items
from obim.runs.own_sets import is_own
from obim.types import Item

_FEW = 80
"""Dev items of an own set below which quick draws are from all of them."""


def choose_items(evaluation: EvalSet, items: int | None, seed: int) -> list[Item]:
    """The items of a quick or a full evaluation.

    Args:
        evaluation: the set.
        items: at most this many, drawn from the dev items at odd positions (settings are tuned on
            the even ones), from all where an own set has few; None: the whole report half.
        seed: of the draw.

    Raises:
        EvaluationError: there is no item to draw from.
    """
    if items is None:
        return read_items(evaluation, "report")
    dev = read_items(evaluation, "dev")
    chosen = draw(dev if _is_small(evaluation, dev) else dev[1::2], items, seed)
    if not chosen:
        raise EvaluationError(
            "{name} has too few practice items; use all held-back items.",
            name=evaluation.path.name,
        )
    return chosen


def choose_tuning_items(evaluation: EvalSet, items: int, seed: int) -> list[Item]:
    """At most so many dev items at even positions, which no other score is of.

    None of a set whose items can't be kept apart: a small own one, a task.
    """
    if is_task(evaluation.id):
        return []
    dev = read_items(evaluation, "dev")
    return [] if _is_small(evaluation, dev) else draw(dev[0::2], items, seed)


def _is_small(evaluation: EvalSet, dev: Sequence[Item]) -> bool:
    return is_own(evaluation.id) and len(dev) < _FEW
