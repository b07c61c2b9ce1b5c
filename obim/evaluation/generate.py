"""Greedy answers as text, for reading and for chat. It scores nothing."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import GenerationConfig

from obim.evaluation.encoding import cache_argument, encode_prompt


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Ids that end an answer: those of the generation config and the tokenizer's own."""
    own = getattr(model.generation_config, "eos_token_id", None)
    ids = own if isinstance(own, list) else [own]
    return sorted({int(i) for i in [*ids, tokenizer.eos_token_id] if i is not None})


def write_answers(
    model: Any, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int = 48
) -> list[str]:
    """Greedy answers to a batch of prompts, left-padded; special tokens left out."""
    if not prompts:
        return []
    rows = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    width = max(len(row) for row in rows)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=end_tokens(model, tokenizer) or None,
        pad_token_id=pad,
    )
    with torch.inference_mode():
        out = model.generate(input_ids=ids, attention_mask=mask, generation_config=settings)
    return [str(t) for t in tokenizer.batch_decode(out[:, width:], skip_special_tokens=True)]


def stream_answer(
    model: Any, tokenizer: Any, prompt: str, max_new_tokens: int = 64
) -> Iterator[str]:
    """The greedy answer to one prompt, yielded as a whole text after every token."""
    ends = set(end_tokens(model, tokenizer))
    ids = torch.tensor([encode_prompt(tokenizer, prompt)])
    written: list[int] = []
    past = None
    for _ in range(max_new_tokens):
        before: dict[str, Any] = {} if past is None else {cache_argument(model): past}
        with torch.inference_mode():
            out = model(input_ids=ids, use_cache=True, **before)
        past = out.past_key_values
        token = int(out.logits[0, -1].argmax())
        if token in ends:
            return
        written.append(token)
        yield str(tokenizer.decode(written, skip_special_tokens=True))
        ids = torch.tensor([[token]])
