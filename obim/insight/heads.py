"""Which rows or columns of a weight belong to which attention head, as far as the config tells.

Grouped-query attention has fewer key and value heads than query heads. It reads no weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["query", "key", "value", "output"]
KINDS: tuple[Kind, ...] = ("query", "key", "value", "output")
_SINGLE: dict[str, Kind] = {"q_proj": "query", "k_proj": "key", "v_proj": "value"}
_STACKED = ("c_attn", "qkv_proj")
_WOVEN = ("query_key_value",)
_OUTPUT = ("o_proj", "out_proj", "c_proj", "dense")
_WOVEN_MODELS = ("gpt_neox", "bloom")


@dataclass(frozen=True)
class Heads:
    """The heads of one kind in one weight: head h has ``width`` lines from ``first + h * step`` on.

    Attributes:
        kind: what they are for.
        axis: 0: lines are outputs (rows), 1: inputs (columns).
        count: number of heads.
        first: line where head 0 begins.
        step: lines from one head to the next.
        width: lines a head.
    """

    kind: Kind
    axis: Literal[0, 1]
    count: int
    first: int
    step: int
    width: int

    def lines(self, length: int) -> NDArray[np.int64]:
        """(length,): the head of each line, -1 for none of this kind."""
        head = np.full(length, -1, np.int64)
        for h in range(self.count):
            begin = self.first + h * self.step
            head[begin : begin + self.width] = h
        return head


def heads_of(config: Mapping[str, Any], name: str, shape: tuple[int, int]) -> tuple[Heads, ...]:
    """The heads in one tensor; none where it has none or where config and shape don't agree.

    Args:
        config: config.json.
        name: of the tensor.
        shape: (outputs, inputs).
    """
    config = config.get("text_config") or config
    queries = config.get("num_attention_heads") or config.get("n_head")
    hidden = config.get("hidden_size") or config.get("n_embd")
    if not queries or not hidden:
        return ()
    keys = config.get("num_key_value_heads") or queries
    width = config.get("head_dim") or hidden // queries
    parts = name.split(".")
    module = parts[-2] if len(parts) > 1 else ""
    if not any("attn" in part or "attention" in part for part in parts):
        return ()
    if module in _OUTPUT:
        fits = shape[1] == queries * width
        return (Heads("output", 1, queries, 0, width, width),) if fits else ()
    if module in _SINGLE:
        count = queries if module == "q_proj" else keys
        fits = shape[0] == count * width
        return (Heads(_SINGLE[module], 0, count, 0, width, width),) if fits else ()
    if module in _STACKED and shape[0] == (queries + 2 * keys) * width:
        counts, firsts = (queries, keys, keys), (0, queries, queries + keys)
        kinds = zip(KINDS, counts, firsts, strict=False)
        return tuple(Heads(kind, 0, n, first * width, width, width) for kind, n, first in kinds)
    woven = module in _WOVEN and config.get("model_type") in _WOVEN_MODELS
    if woven and shape[0] == 3 * queries * width:
        kinds_woven = enumerate(KINDS[:3])
        return tuple(
            Heads(kind, 0, queries, i * width, 3 * width, width) for i, kind in kinds_woven
        )
    return ()
