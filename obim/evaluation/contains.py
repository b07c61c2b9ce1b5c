"""Does what a model writes contain the right answer? For answers that may be put into words."""

import unicodedata
from collections.abc import Generator, Sequence
from typing import Any

from obim.evaluation.encoding import Encoded
from obim.evaluation.written import NEW_TOKENS, judge_written
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("contains", unit="share", higher_is_better=True)
def contains(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any, max_new_tokens: int = NEW_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """Share of items whose greedy answer contains the right one, both as `fold` leaves them.

    Args, Yields, Returns, Raises: as `judge_written`.
    """
    return (
        yield from judge_written(
            model,
            encoded,
            tokenizer,
            lambda text, item: fold(item.answer) in fold(text),
            max_new_tokens,
        )
    )


def fold(text: str) -> str:
    """Without differences of width, case and white space.

    Unicode NFKC, case folded, then NFKC again (folding may undo it); white space becomes one
    blank, and none at the ends.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
