"""Which of an item's choices a model finds likeliest; evaluators say how likelihoods compare."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from torch import Tensor

from obim.errors import EvaluationError
from obim.evaluation.context import check_context
from obim.evaluation.encoding import Encoded
from obim.evaluation.teacher_forcing import BATCH_TOKENS, force, log_probabilities
from obim.types import ItemResult

Score = Callable[[Tensor, str], float]
"""Log-probabilities of a choice's tokens (nats, end of sequence included), its text -> a score."""


def choose(
    model: Any,
    encoded: Sequence[Encoded],
    score: Score,
    batch_tokens: int = BATCH_TOKENS,
) -> Generator[float, None, list[ItemResult]]:
    """Score every choice of every item; right is an answer that is above all other choices.

    A choice that is listed twice counts once. A tie with the answer is wrong: nothing was told
    apart, and the order of the choices shall not decide.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item.
        score: of one choice.
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields:
        Fraction done, after every batch.

    Returns:
        A result an item, 1 right or 0 wrong, with the choice that the model prefers.

    Raises:
        EvaluationError: an item has fewer than two choices, its answer is not among them, a choice
            is empty, or it is too long.
    """
    for one in encoded:
        _check(one)
    check_context(model, encoded, lambda one: max(map(len, one.choices)))
    pairs = [(one.prompt, ids) for one in encoded for ids in one.choices]
    logs = iter((yield from force(model, pairs, log_probabilities, batch_tokens)))
    return [
        _judge(one, {text: score(next(logs), text) for text in one.item.choices}) for one in encoded
    ]


def _check(one: Encoded) -> None:
    item = one.item
    if len(set(item.choices)) < 2:
        raise EvaluationError(
            "Item {item!r} has fewer than two choices; list what may be answered.", item=item.id
        )
    if item.answer not in item.choices:
        raise EvaluationError(
            "Item {item!r}: its answer {answer!r} is not among its choices; add it or correct it.",
            item=item.id,
            answer=item.answer,
        )
    if not all(item.choices):
        raise EvaluationError("Item {item!r} has an empty choice; remove it.", item=item.id)


def _judge(one: Encoded, scores: dict[str, float]) -> ItemResult:
    rival = max((text for text in scores if text != one.item.answer), key=scores.__getitem__)
    right = scores[one.item.answer] > scores[rival]
    answer = one.item.answer if right else rival
    return ItemResult(one.item.id, float(right), answer=answer)
