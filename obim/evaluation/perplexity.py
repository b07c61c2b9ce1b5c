"""Perplexity and bits per byte of right answers, or of texts: how little a model expects them.

It generates nothing.
"""

import math
from collections.abc import Generator, Sequence
from typing import Any

from obim.evaluation.context import check_context
from obim.evaluation.encoding import Encoded
from obim.evaluation.teacher_forcing import BATCH_TOKENS, force, log_probabilities
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("perplexity", unit="perplexity", higher_is_better=False, transform="exp")
def perplexity(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any = None, batch_tokens: int = BATCH_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """``exp(mean over tokens of -log p(token | tokens before it))``, prompts not counted.

    Args, Yields: as `exact_match`.

    Returns:
        Nats and tokens of an item; the exponential is taken of the set.
    """
    nats = yield from _nats(model, encoded, batch_tokens)
    return [
        ItemResult(e.item.id, n, float(len(e.answer))) for e, n in zip(encoded, nats, strict=True)
    ]


@evaluator("bits_per_byte", unit="bits", higher_is_better=False)
def bits_per_byte(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any = None, batch_tokens: int = BATCH_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """Bits the model needs for a byte (UTF-8) of the answers; comparable across tokenizers.

    Args, Yields: as `perplexity`.

    Returns:
        Bits and bytes of an item.
    """
    nats = yield from _nats(model, encoded, batch_tokens)
    return [
        ItemResult(e.item.id, n / math.log(2), float(len(e.item.answer.encode())))
        for e, n in zip(encoded, nats, strict=True)
    ]


def _nats(
    model: Any, encoded: Sequence[Encoded], batch_tokens: int
) -> Generator[float, None, list[float]]:
    check_context(model, encoded)
    pairs = [(e.prompt, e.answer) for e in encoded]
    logs = yield from force(model, pairs, log_probabilities, batch_tokens)
    return [-float(log.double().sum()) for log in logs]
