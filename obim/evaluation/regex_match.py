"""Does what a model writes match a pattern? For answers of a form rather than a wording."""

from collections.abc import Generator, Sequence
from typing import Any

import regex

from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded
from obim.evaluation.written import NEW_TOKENS, judge_written
from obim.registry import evaluator
from obim.types import Item, ItemResult

SECONDS = 1.0
"""What a pattern may take on one answer."""


@evaluator("regex_match", unit="share", higher_is_better=True)
def regex_match(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any, max_new_tokens: int = NEW_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """Share of items whose greedy answer matches the pattern in ``answer``, anywhere in it.

    A pattern is one of the package ``regex``, whose dialect is Python's and more; ``(?i)`` at its
    beginning ignores case, ``^...$`` asks for the whole answer.

    Args, Yields, Returns: as `judge_written`.

    Raises:
        EvaluationError: as `judge_written`; or a pattern is wrong, or takes more than `SECONDS`
            on an answer.
    """
    for one in encoded:
        compile_pattern(one.item)
    return (yield from judge_written(model, encoded, tokenizer, matches, max_new_tokens))


def compile_pattern(item: Item) -> Any:
    """The item's pattern.

    Raises:
        EvaluationError: it is none.
    """
    try:
        return regex.compile(item.answer)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise EvaluationError(
            "Item {item!r}: its answer is no valid pattern ({reason}); correct it.",
            item=item.id,
            reason=error,
        ) from error


def matches(text: str, item: Item) -> bool:
    """Whether the pattern is found in the text.

    Raises:
        EvaluationError: that takes too long.
    """
    try:
        return compile_pattern(item).search(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise EvaluationError(
            "Item {item!r}: its pattern takes more than {seconds:g} s on one answer; "
            "write a simpler one.",
            item=item.id,
            seconds=SECONDS,
        ) from error
