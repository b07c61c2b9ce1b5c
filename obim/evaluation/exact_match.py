"""Exact match under greedy decoding, by teacher forcing: one forward pass, nothing is generated.

Equivalence: greedy decoding yields exactly the reference tokens a_1..a_m (the last one the end of
sequence) if and only if for every i the argmax after ``prompt, a_1..a_(i-1)`` is a_i, because up
to the first difference both see the same context. It holds token by token, for the tokenisation
of the reference, in exact arithmetic; in 16 bit a near-tie may fall otherwise.
"""

from collections.abc import Generator, Sequence
from typing import Any

from torch import Tensor

from obim.evaluation.context import check_context
from obim.evaluation.encoding import Encoded
from obim.evaluation.teacher_forcing import BATCH_TOKENS, force
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("exact_match", unit="share", higher_is_better=True)
def exact_match(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any = None, batch_tokens: int = BATCH_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """Which items greedy decoding gets exactly right, end of sequence included.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item.
        tokenizer: not needed, since nothing is written.
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields:
        Fraction done, after every batch.

    Returns:
        A result an item, 1 right or 0 wrong, in the order given.
    """
    check_context(model, encoded)
    pairs = [(e.prompt, e.answer) for e in encoded]
    hits = yield from force(model, pairs, _hits, batch_tokens, until_false=True)
    return [
        ItemResult(e.item.id, float(bool(hit.all()))) for e, hit in zip(encoded, hits, strict=True)
    ]


def _hits(logits: Tensor, ids: Tensor) -> Tensor:
    return logits.max(-1).indices == ids  # what argmax finds, and faster on a CPU
