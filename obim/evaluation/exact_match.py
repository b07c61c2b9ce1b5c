"""Exact match under greedy decoding, by teacher forcing: one forward pass, nothing is generated.

Equivalence: greedy decoding yields exactly the reference tokens a_1..a_m (the last one the end of
sequence) if and only if for every i the argmax after ``prompt, a_1..a_(i-1)`` is a_i, because up
to the first difference both see the same context. It holds token by token, for the tokenisation
of the reference, in exact arithmetic; in 16 bit a near-tie may fall otherwise.
"""

import copy
from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from obim.evaluation.encoding import Encoded, cache_argument, shared_prefix
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("exact_match", unit="share", higher_is_better=True)
def exact_match(
    model: Any, encoded: Sequence[Encoded], batch_tokens: int = 4096
) -> Generator[float, None, list[ItemResult]]:
    """Which items greedy decoding gets exactly right, end of sequence included.

    What all prompts begin with (a system prompt) is computed once and its keys and values reused;
    the output head is applied at answer positions only; rows of like length run together.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item.
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields:
        Fraction done, after every batch.

    Returns:
        A result an item, in the order given.
    """
    prefix = shared_prefix(encoded)
    cache = _run_prefix(model, encoded[0].prompt[:prefix])
    order = sorted(range(len(encoded)), key=lambda i: _length(encoded[i]))
    correct = [False] * len(encoded)
    done = 0
    for group in _groups(order, encoded, prefix, batch_tokens):
        rows = [encoded[i] for i in group]
        for i, right in zip(group, _score(model, rows, prefix, cache), strict=True):
            correct[i] = right
        done += len(group)
        yield done / len(encoded)
    return [ItemResult(e.item.id, right) for e, right in zip(encoded, correct, strict=True)]


def _length(e: Encoded) -> int:
    return len(e.prompt) + len(e.answer) - 1


def _groups(
    order: Sequence[int], encoded: Sequence[Encoded], prefix: int, batch_tokens: int
) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in order:
        width = _length(encoded[i]) - prefix
        if groups and (len(groups[-1]) + 1) * width <= batch_tokens:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


@torch.inference_mode()
def _run_prefix(model: Any, ids: Sequence[int]) -> Any:
    if not ids:
        return None
    return model.base_model(input_ids=torch.tensor([ids]), use_cache=True).past_key_values


@torch.inference_mode()
def _score(model: Any, rows: Sequence[Encoded], prefix: int, cache: Any) -> list[bool]:
    width = max(_length(e) for e in rows) - prefix
    ids = torch.zeros((len(rows), width), dtype=torch.int64)
    mask = torch.zeros((len(rows), prefix + width), dtype=torch.int64)
    mask[:, :prefix] = 1
    row_at, place_at, wanted, owner = [], [], [], []
    for r, e in enumerate(rows):
        tail = (*e.prompt[prefix:], *e.answer[:-1])
        ids[r, : len(tail)] = torch.tensor(tail)
        mask[r, prefix : prefix + len(tail)] = 1
        first = len(e.prompt) - 1 - prefix
        for j, token in enumerate(e.answer):
            row_at.append(r)
            place_at.append(first + j)
            wanted.append(token)
            owner.append(r)
    past = None
    if cache is not None:
        past = copy.deepcopy(cache)
        past.batch_repeat_interleave(len(rows))
    hidden: Tensor = model.base_model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=torch.arange(prefix, prefix + width)[None, :],
        use_cache=past is not None,
        **({} if past is None else {cache_argument(model): past}),
    ).last_hidden_state
    logits = model.get_output_embeddings()(hidden[row_at, place_at])
    hits = logits.argmax(-1) == torch.tensor(wanted)
    misses = torch.zeros(len(rows), dtype=torch.int64)
    misses.index_add_(0, torch.tensor(owner), (~hits).long())
    return [m == 0 for m in misses.tolist()]
