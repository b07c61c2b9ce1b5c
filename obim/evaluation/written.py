"""Let a model answer items in writing, greedily, and judge each text; evaluators say by what."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from obim.errors import EvaluationError
from obim.evaluation.context import check_context
from obim.evaluation.encoding import Encoded
from obim.models.decoding import write_on
from obim.types import Item, ItemResult

NEW_TOKENS = 64
"""Tokens of an answer, at most."""
ROWS = 8
"""Answers written side by side; between two such batches the user may stop."""


def judge_written(
    model: Any,
    encoded: Sequence[Encoded],
    tokenizer: Any,
    is_right: Callable[[str, Item], bool],
    max_new_tokens: int = NEW_TOKENS,
) -> Generator[float, None, list[ItemResult]]:
    """Write an answer to every item, prompts of like length together, and judge it.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item.
        tokenizer: of the model.
        is_right: whether this text is a right answer to the item.
        max_new_tokens: of an answer; what comes later is not seen.

    Yields:
        Fraction done, after every batch.

    Returns:
        A result an item, 1 right or 0 wrong, with the text that was judged.

    Raises:
        EvaluationError: an item has no prompt, or no room for an answer.
    """
    for one in encoded:
        if not one.item.prompt:
            raise EvaluationError("Item {item!r} has no prompt; write one.", item=one.item.id)
    check_context(model, encoded, lambda one: max_new_tokens)
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].prompt))
    texts: dict[int, str] = {}
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        prompts = [encoded[i].prompt for i in rows]
        texts.update(zip(rows, write_on(model, tokenizer, prompts, max_new_tokens), strict=True))
        yield len(texts) / len(encoded)
    return [
        ItemResult(one.item.id, float(is_right(texts[i], one.item)), answer=texts[i])
        for i, one in enumerate(encoded)
    ]
