"""Which items of an evaluation set are scored. It reads the set and runs no model."""

from obim.errors import EvaluationError
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
    few = is_own(evaluation.id) and len(dev) < _FEW
    chosen = draw(dev if few else dev[1::2], items, seed)
    if not chosen:
        raise EvaluationError(
            "{name} has too few practice items; use all held-back items.",
            name=evaluation.path.name,
        )
    return chosen
