"""Forward passes over rows of tokens that go on from what was read before, and their logits.

It pads, masks and counts positions. What is asked of which rows is decided elsewhere.
"""

import copy
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

Place = tuple[int, int]
"""A row, and how many of its tokens stand before."""


@dataclass(frozen=True)
class Read:
    """What a model has read of some rows.

    Attributes:
        cache: its keys and values, of all slots; None: nothing is kept.
        mask: (rows, slots), int64, on the CPU: 1 where a slot holds a token, 0 where it is padding.
    """

    cache: Any
    mask: Tensor


NOTHING = Read(None, torch.ones((1, 0), dtype=torch.int64))


def read(model: Any, ids: Sequence[int]) -> Read:
    """Let a model read one row from the beginning."""
    return read_on(model, NOTHING, [ids], [(0, len(ids) - 1)], keep=True)[1]


def can_go_on(model: Any, seen: Read) -> bool:
    """Rows of unlike length may go on from what was read: padding in between does no harm.

    It does where a layer keeps no slot a token (recurrent ones, sliding windows) or where a place
    is counted in slots, because the model isn't told positions.
    """
    cache = seen.cache
    plain = type(cache) is DynamicCache and all(type(each) is DynamicLayer for each in cache.layers)
    return plain and "position_ids" in _arguments(model)


def slot_bytes(seen: Read) -> int:
    """Bytes of the keys and values of a token; 0 where none are kept."""
    layers = [] if seen.cache is None else getattr(seen.cache, "layers", [])
    kept = [getattr(layer, name, None) for layer in layers for name in ("keys", "values")]
    size = sum(each.nbytes for each in kept if isinstance(each, Tensor))
    return size // max(1, seen.mask.numel())


def repeat(seen: Read, rows: Sequence[int]) -> Read:
    """A copy that holds these rows, in this order; a row may come often."""
    cache = seen.cache
    if cache is not None:
        cache = copy.deepcopy(cache)
        cache.reorder_cache(torch.tensor(rows))
    return Read(cache, seen.mask[list(rows)])


@torch.inference_mode()
def read_on(
    model: Any,
    before: Read,
    tails: Sequence[Sequence[int]],
    asked: Sequence[Place],
    *,
    keep: bool = False,
) -> tuple[Tensor, Read]:
    """Read more tokens.

    Args:
        model: a causal LM of transformers in eval mode, on any device.
        before: what was read of each row; its cache goes on being used and is of no use after.
        tails: ids that each row goes on with, at least one.
        asked: at least one place, counted from the beginning of the tails.
        keep: so that these rows may go on in turn.

    Returns:
        Logits that follow each place, (places, vocabulary); what was read now.
    """
    device, width = model.device, max(map(len, tails))
    ids = torch.tensor([[*tail, *[0] * (width - len(tail))] for tail in tails])
    new = torch.tensor([[1] * len(tail) + [0] * (width - len(tail)) for tail in tails])
    mask = torch.cat([before.mask, new], 1)
    places = (mask.cumsum(1) - 1)[:, -width:] * new
    known, name = _arguments(model), _cache_name(model)
    given: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "position_ids": places}
    given = {key: value.to(device) for key, value in given.items() if key in known}
    if name and before.cache is not None:
        given[name] = before.cache
    with _head_at(model, torch.tensor(asked, device=device).T):
        told = model(**given, use_cache=keep or before.cache is not None)
    return told.logits[0], Read(getattr(told, name, None) if name and keep else None, mask)


@contextmanager
def _head_at(model: Any, places: Tensor) -> Iterator[None]:
    """The head, which is most of a small model, sees these places only.

    The model itself calls it, since some scale or cap what goes in or comes out.
    """

    def pick(_: Any, given: tuple[Tensor]) -> tuple[Tensor]:
        return (given[0][places[0], places[1]][None],)

    hook = model.get_output_embeddings().register_forward_pre_hook(pick)
    try:
        yield
    finally:
        hook.remove()


def _arguments(model: Any) -> Any:
    return inspect.signature(model.forward).parameters


def _cache_name(model: Any) -> str | None:
    """What the model's forward calls the keys and values it has seen; newer ones say ``cache``."""
    return next((n for n in ("cache", "past_key_values") if n in _arguments(model)), None)
