"""What training and checking share: the prompt format, batches, and exact match.

Exact match is computed by teacher forcing: an answer counts when at each of its positions, the
end of sequence included, the most likely token is the reference's, which is the case exactly when
greedy decoding produces the reference. It trains nothing and writes nothing.
"""

import math
import sys
from pathlib import Path

import torch
from torch import Tensor
from transformers import DynamicCache

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
END = "<|im_end|>"


class Batcher:
    """Turns items into padded token batches behind one shared system prompt."""

    def __init__(self, tokenizer) -> None:
        self.tokenizer = tokenizer
        whole = self._chat("\0")
        self.prefix = tokenizer(whole.split("\0")[0], return_tensors="pt").input_ids
        self.tail = whole.split("\0")[1]
        self.head = whole.split("\0")[0]

    def _chat(self, prompt: str) -> str:
        message = [{"role": "user", "content": prompt}]
        return self.tokenizer.apply_chat_template(
            message, tokenize=False, add_generation_prompt=True
        )

    def encode(self, item) -> tuple[list[int], list[int]]:
        """Tokens of the user's part and of the answer with its end of sequence."""
        whole = self.tokenizer(self._chat(item["prompt"])).input_ids
        shared = self.prefix.shape[1]
        if whole[:shared] != self.prefix[0].tolist():
            raise ValueError(f"The prompt changes the shared prefix: {item['prompt']!r}")
        return whole[shared:], self.tokenizer(item["answer"] + END).input_ids

    def batch(self, items) -> tuple[Tensor, Tensor]:
        """Token ids (B, L), right-padded, and labels (B, L), -100 where no answer token follows."""
        pairs = [self.encode(item) for item in items]
        length = max(len(user) + len(answer) for user, answer in pairs) - 1
        ids = torch.zeros(len(pairs), length, dtype=torch.long)
        labels = torch.full((len(pairs), length), -100)
        for row, (user, answer) in enumerate(pairs):
            tokens = user + answer
            ids[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
            labels[row, len(user) - 1 : len(tokens) - 1] = torch.tensor(answer)
        return ids, labels


def answer_logits(model, prefix: Tensor, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Logits at answer positions only (A, V), and their reference tokens (A,).

    The shared prefix runs once, with one row; its keys and values are expanded to the batch, so
    gradients reach it. Right padding needs no mask: a causal row never looks past itself.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    first = inner.model(input_ids=prefix, use_cache=True).past_key_values
    rows = ids.shape[0]
    wide = [
        (layer.keys.expand(rows, -1, -1, -1), layer.values.expand(rows, -1, -1, -1))
        for layer in first.layers
    ]
    cache = DynamicCache(wide)
    hidden = inner.model(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state
    asked = labels != -100
    return inner.lm_head(hidden[asked]), labels[asked]


@torch.no_grad()
def exact(model, batcher: Batcher, items, size: int = 75) -> list[bool]:
    """Whether each item is answered exactly under greedy decoding."""
    order = sorted(range(len(items)), key=lambda i: len(items[i]["prompt"]))
    right = [False] * len(items)
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        ids, labels = batcher.batch([items[i] for i in chosen])
        logits, wanted = answer_logits(model, batcher.prefix, ids, labels)
        good = torch.ones_like(labels, dtype=torch.bool)
        good[labels != -100] = logits.argmax(-1) == wanted
        for i, ok in zip(chosen, good.all(1).tolist(), strict=True):
            right[i] = ok
    return right


def wilson(right: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927)."""
    share, spread = right / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / total + spread / total / 4) / (1 + spread)
    return middle - half, middle + half
