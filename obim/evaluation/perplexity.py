"""Perplexity of texts: how surprised a model is, token by token. It generates nothing."""

import math
from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from obim.evaluation.statistics import mean_interval
from obim.registry import evaluator

_PAD_TARGET = -100


@evaluator("perplexity", unit="perplexity", higher_is_better=False)
def perplexity(
    model: Any, batches: Sequence[tuple[Tensor, Tensor, int]]
) -> Generator[float, None, tuple[float, float, float]]:
    """``exp(mean over predicted tokens of -log p(token | tokens before it))``.

    The interval is that of the mean over rows of their mean token loss, exponentiated.

    Args:
        model: a causal LM of transformers in eval mode.
        batches: ``(ids, mask, texts)``, right-padded, as `calibration.batches` makes them.

    Yields:
        Fraction done, after every batch.

    Returns:
        Perplexity, lower and upper end of the 95 % interval.

    Raises:
        ValueError: no text has two tokens.
    """
    total, count = 0.0, 0
    means: list[float] = []
    for i, (ids, mask, _) in enumerate(batches, 1):
        losses, counts = _losses(model, ids, mask)
        total += float(losses.sum())
        count += int(counts.sum())
        means += [float(a / n) for a, n in zip(losses, counts, strict=True) if n > 0]
        yield i / len(batches)
    if count == 0:
        raise ValueError("perplexity needs a text of at least two tokens")
    _, low, high = mean_interval(means)
    return math.exp(total / count), math.exp(low), math.exp(high)


@torch.inference_mode()
def _losses(model: Any, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Summed loss and number of predicted tokens a row, float64 and int64."""
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float()
    targets = ids[:, 1:].masked_fill(mask[:, 1:] == 0, _PAD_TARGET)
    each = cross_entropy(
        logits.transpose(1, 2), targets, ignore_index=_PAD_TARGET, reduction="none"
    )
    return each.double().sum(1), (targets != _PAD_TARGET).sum(1)
