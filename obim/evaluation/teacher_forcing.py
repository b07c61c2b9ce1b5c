"""What a model thinks of given continuations, token by token, in one forward pass each.

It generates nothing and judges nothing: evaluators say what they want of the logits.
"""

import copy
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from obim.evaluation.encoding import cache_argument, shared_prefix

Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""Ids of a prompt, and of what follows it; at least one of each."""
BATCH_TOKENS = 512
"""Positions of a batch: on a CPU larger ones leave its caches and are slower."""


def force(
    model: Any,
    pairs: Sequence[Pair],
    of: Callable[[Tensor, Tensor], Tensor],
    batch_tokens: int = BATCH_TOKENS,
) -> Generator[float, None, list[Tensor]]:
    """Ask of every token that follows a prompt what ``of`` wants to know.

    What all prompts begin with (a system prompt) is computed once and its keys and values reused;
    the output head is applied to the tokens that follow only; rows of like length run together.

    Args:
        model: a causal LM of transformers in eval mode, on any device.
        pairs: at least one.
        of: logits (tokens, vocabulary), ids (tokens,) -> (tokens,).
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields:
        Fraction done, after every batch.

    Returns:
        (tokens,) a pair, on the CPU, in the order given.
    """
    prefix = shared_prefix([prompt for prompt, _ in pairs])
    cache = _run_prefix(model, pairs[0][0][:prefix])
    order = sorted(range(len(pairs)), key=lambda i: _length(pairs[i]))
    found: dict[int, Tensor] = {}
    for group in _groups(order, pairs, prefix, batch_tokens):
        rows = [pairs[i] for i in group]
        told = torch.split(_ask(model, rows, prefix, cache, of), [len(a) for _, a in rows])
        found.update(zip(group, told, strict=True))
        yield len(found) / len(pairs)
    return [found[i] for i in range(len(pairs))]


def log_probabilities(logits: Tensor, ids: Tensor) -> Tensor:
    """``log p(id)`` in nats, (tokens,), float32."""
    return torch.log_softmax(logits.float(), -1).gather(1, ids[:, None])[:, 0]


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1]) - 1


def _groups(
    order: Sequence[int], pairs: Sequence[Pair], prefix: int, batch_tokens: int
) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in order:
        width = _length(pairs[i]) - prefix
        if groups and (len(groups[-1]) + 1) * width <= batch_tokens:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


@torch.inference_mode()
def _run_prefix(model: Any, ids: Sequence[int]) -> Any:
    if not ids:
        return None
    there = torch.tensor([ids], device=model.device)
    return model.base_model(input_ids=there, use_cache=True).past_key_values


@torch.inference_mode()
def _ask(
    model: Any,
    rows: Sequence[Pair],
    prefix: int,
    cache: Any,
    of: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    device, width = model.device, max(_length(pair) for pair in rows) - prefix
    ids = torch.zeros((len(rows), width), dtype=torch.int64)
    mask = torch.zeros((len(rows), prefix + width), dtype=torch.int64)
    mask[:, :prefix] = 1
    row_at: list[int] = []
    place_at: list[int] = []
    wanted: list[int] = []
    for r, (prompt, answer) in enumerate(rows):
        tail = (*prompt[prefix:], *answer[:-1])
        ids[r, : len(tail)] = torch.tensor(tail)
        mask[r, prefix : prefix + len(tail)] = 1
        row_at += [r] * len(answer)
        place_at += range(len(prompt) - 1 - prefix, len(tail))
        wanted += answer
    past = None
    if cache is not None:
        past = copy.deepcopy(cache)
        past.batch_repeat_interleave(len(rows))
    hidden: Tensor = model.base_model(
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        position_ids=torch.arange(prefix, prefix + width, device=device)[None, :],
        use_cache=past is not None,
        **({} if past is None else {cache_argument(model): past}),
    ).last_hidden_state
    at = torch.tensor([row_at, place_at], device=device)
    logits = model.get_output_embeddings()(hidden[at[0], at[1]])
    return of(logits, torch.tensor(wanted, device=device)).cpu()
