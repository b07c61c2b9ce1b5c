"""What a model thinks of given continuations, token by token; it reads nothing twice.

It generates nothing and judges nothing: evaluators say what they want of the logits.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from obim.evaluation.encoding import shared_prefix
from obim.evaluation.forward import NOTHING, Read, can_go_on, read, read_on, repeat, slot_bytes

Ids = tuple[int, ...]
Pair = tuple[Ids, Ids]
"""Ids of a prompt, and of what follows it; at least one of each."""
Ask = Callable[[Tensor, Tensor], Tensor]
BATCH_TOKENS = 512
"""Positions of a batch: on a CPU larger ones leave its caches and are slower."""
_SLOTS = 16
"""Keys and values that a batch may hold, for each position of a batch."""
_KEPT = 2**30
"""Bytes of them at most; rows that go on are copied, so for a moment they are there twice."""
_PASS = 24
"""What a pass costs before its first position, in positions."""
_AHEAD = 32
"""Tokens after what all prompts share in which beginnings of some are looked for."""
_HEAD = 256
"""Tokens asked of at once."""


def force(
    model: Any,
    pairs: Sequence[Pair],
    of: Ask,
    batch_tokens: int = BATCH_TOKENS,
    *,
    until_false: bool = False,
) -> Generator[float, None, list[Tensor]]:
    """Ask of every token that follows a prompt what ``of`` wants to know.

    What all prompts begin with (a system prompt) is read once, what some begin with ("What is")
    too, then every prompt once, whatever follows it (the choices of an item), then what follows.
    The head is applied where it is asked for only; rows of like length run together. A model whose
    cache is not one slot a token reads prompt and continuation together, after what all begin with.

    Args:
        model: a causal LM of transformers in eval mode, on any device.
        pairs: at least one.
        of: logits (tokens, vocabulary), ids (tokens,) -> (tokens,).
        batch_tokens: positions of a batch at most, padding counted (one row at least).
        until_false: ask no further where ``of`` is false of a continuation's first token.

    Yields:
        Fraction done, after every batch.

    Returns:
        (tokens,) a pair, on the CPU, in the order given: of all tokens, or of the first alone.
    """
    shared = shared_prefix([prompt for prompt, _ in pairs])
    seen = read(model, pairs[0][0][: max(shared, 1)])
    start = seen if shared else NOTHING
    told: dict[int, Tensor] = {}
    by = _by_prompt if can_go_on(model, seen) else _whole
    slots = min(_SLOTS * batch_tokens, _KEPT // (2 * max(1, slot_bytes(seen))))
    for some in by(_Asked(model, pairs, of, batch_tokens, slots), start, shared, until_false):
        told.update(some)
        yield len(told) / len(pairs)
    return [told[i] for i in range(len(pairs))]


def log_probabilities(logits: Tensor, ids: Tensor) -> Tensor:
    """``log p(id)`` in nats, (tokens,), float32."""
    return torch.log_softmax(logits.float(), -1).gather(1, ids[:, None])[:, 0]


@dataclass(frozen=True)
class _Asked:
    model: Any
    pairs: Sequence[Pair]
    of: Ask
    batch_tokens: int
    slots: int

    def groups(self, lengths: Sequence[int], before: int) -> list[list[int]]:
        """Which rows run together, each after so many slots."""
        return _groups(lengths, before, self.batch_tokens, self.slots)

    def tell(self, logits: Tensor, rows: Sequence[int], ids: Sequence[int]) -> Tensor:
        """Of a bounded number of tokens at once, since a vocabulary may be large."""
        at, wanted = (torch.tensor(each, device=logits.device) for each in (rows, ids))
        parts = zip(torch.split(at, _HEAD), torch.split(wanted, _HEAD), strict=True)
        return torch.cat([self.of(logits[some], these).cpu() for some, these in parts])


def _by_prompt(
    asked: _Asked, start: Read, shared: int, until_false: bool
) -> Iterator[dict[int, Tensor]]:
    """What prompts begin with first, then prompts, then what follows them."""
    following: dict[Ids, list[int]] = {}
    for i, (prompt, _) in enumerate(asked.pairs):
        following.setdefault(prompt, []).append(i)
    prompts = list(following)
    depth = _depth(prompts, shared, asked)
    known = {p[:depth]: 0 for p in prompts}
    if depth > shared:
        known = {beginning: row for row, beginning in enumerate(known)}
        before, tails = repeat(start, [0] * len(known)), [each[shared:] for each in known]
        start = read_on(asked.model, before, tails, [(0, 0)], keep=True)[1]
    for group in asked.groups([len(p) - depth for p in prompts], depth):
        tails = [prompts[g][depth:] for g in group]
        last = [(r, len(tail) - 1) for r, tail in enumerate(tails)]
        before = repeat(start, [known[prompts[g][:depth]] for g in group])
        logits, seen = read_on(asked.model, before, tails, last, keep=True)
        rows = [(r, i) for r, g in enumerate(group) for i in following[prompts[g]]]
        firsts = [asked.pairs[i][1][0] for _, i in rows]
        first = asked.tell(logits, [r for r, _ in rows], firsts)
        more = [
            (r, i, value)
            for (r, i), value in zip(rows, first, strict=True)
            if len(asked.pairs[i][1]) > 1 and not (until_false and not value)
        ]
        open_ = {i for _, i, _ in more}
        yield {i: value[None] for (_, i), value in zip(rows, first, strict=True) if i not in open_}
        yield from _rest(asked, seen, more)


def _rest(
    asked: _Asked, seen: Read, more: Sequence[tuple[int, int, Tensor]]
) -> Iterator[dict[int, Tensor]]:
    """What stands after the first token of continuations: (row read, pair, told of its first)."""
    answers = [asked.pairs[i][1] for _, i, _ in more]
    lengths = [len(answer) - 1 for answer in answers]
    for group in asked.groups(lengths, seen.mask.shape[1]):
        tails = [answers[g][:-1] for g in group]
        places = [(r, at) for r, tail in enumerate(tails) for at in range(len(tail))]
        before = repeat(seen, [more[g][0] for g in group])
        logits, _ = read_on(asked.model, before, tails, places)
        ids = [token for g in group for token in answers[g][1:]]
        told = torch.split(asked.tell(logits, range(len(ids)), ids), [lengths[g] for g in group])
        yield {
            more[g][1]: torch.cat([more[g][2][None], rest])
            for g, rest in zip(group, told, strict=True)
        }


def _whole(
    asked: _Asked, start: Read, shared: int, until_false: bool
) -> Iterator[dict[int, Tensor]]:
    """Prompt and continuation in one; all tokens are asked of, since they are read anyway."""
    tails = [(*prompt[shared:], *answer[:-1]) for prompt, answer in asked.pairs]
    for group in asked.groups([len(t) for t in tails], start.mask.shape[1]):
        answers = [asked.pairs[g][1] for g in group]
        places = [
            (r, len(tails[g]) - len(answer) + at)
            for r, (g, answer) in enumerate(zip(group, answers, strict=True))
            for at in range(len(answer))
        ]
        before = repeat(start, [0] * len(group))
        logits, _ = read_on(asked.model, before, [tails[g] for g in group], places)
        ids = [token for answer in answers for token in answer]
        told = torch.split(asked.tell(logits, range(len(ids)), ids), [len(a) for a in answers])
        yield dict(zip(group, told, strict=True))


def _depth(prompts: Sequence[Ids], shared: int, asked: _Asked) -> int:
    """How far to read what only some prompts share, in one more pass; at best it saves most."""
    best, saved = shared, 0
    for depth in range(shared + 1, min(*map(len, prompts), shared + _AHEAD + 1)):
        rows, width = len({prompt[shared:depth] for prompt in prompts}), depth - shared
        small = rows * width <= asked.batch_tokens and rows * depth <= asked.slots
        gain = (len(prompts) - rows) * width - _PASS
        if small and gain > saved:
            best, saved = depth, gain
    return best


def _groups(lengths: Sequence[int], before: int, batch_tokens: int, slots: int) -> list[list[int]]:
    """Which rows run together: of like length, so that padding and passes together cost least."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    cost, begin = [0], [0]
    for end, i in enumerate(order, 1):
        width = lengths[i]
        rows = min(batch_tokens // width, slots // (before + width))
        last = range(end - min(end, max(1, rows)), end)
        best, first = min((cost[b] + (end - b) * width, b) for b in last)
        cost.append(best + _PASS)
        begin.append(first)
    groups, end = [], len(order)
    while end:
        groups.append(order[begin[end] : end])
        end = begin[end]
    return groups[::-1]
