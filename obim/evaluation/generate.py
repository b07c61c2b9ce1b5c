"""Greedy answers as text, for reading and for chat. It scores nothing."""

from collections.abc import Sequence
from typing import Any

from obim.evaluation.encoding import encode_prompt
from obim.models.decoding import OnProgress, write_on


def write_answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    max_new_tokens: int = 48,
    on_progress: OnProgress | None = None,
) -> list[str]:
    """Greedy answers to a batch of prompts, special tokens left out.

    Args:
        model: a causal LM of transformers in eval mode.
        tokenizer: of the model.
        prompts: what is asked, a text each.
        max_new_tokens: of an answer.
        on_progress: told the fraction done, 0..1, after every token; what it raises ends this.
    """
    rows = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    return write_on(model, tokenizer, rows, max_new_tokens, on_progress=on_progress)
