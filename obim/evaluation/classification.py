"""Label classification by likelihood: the model writes nothing, it is asked which label it expects.

The choices of an item are the labels of its set.
"""

from collections.abc import Generator, Sequence
from typing import Any

from obim.evaluation.choosing import choose
from obim.evaluation.encoding import Encoded
from obim.evaluation.teacher_forcing import BATCH_TOKENS
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("classification", unit="share", higher_is_better=True)
def classification(
    model: Any,
    encoded: Sequence[Encoded],
    tokenizer: Any = None,
    batch_tokens: int = BATCH_TOKENS,
) -> Generator[float, None, list[ItemResult]]:
    """Share of items whose label has the largest ``log p(label, end of sequence | prompt)``.

    The whole answer counts, its end included and no length divided out: so a label that begins
    another one ("red", "reddish") is told from it, and the most probable answer of the labels wins.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item, each with all labels as its choices.
        tokenizer: not needed.
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields, Returns, Raises: as `choose`.
    """
    return (
        yield from choose(model, encoded, lambda log, text: float(log.double().sum()), batch_tokens)
    )
