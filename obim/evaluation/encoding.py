"""Items -> token ids, as the model sees them in a chat. It runs no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obim.errors import EvaluationError
from obim.types import Item


@dataclass(frozen=True)
class Encoded:
    """One item in tokens.

    Attributes:
        item: where it comes from.
        prompt: ids up to where the answer begins.
        answer: ids of the answer, the end of sequence included where the tokenizer has one.
        choices: ids of each of the item's choices, likewise.
    """

    item: Item
    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    choices: tuple[tuple[int, ...], ...] = ()


def render_prompt(tokenizer: Any, prompt: str) -> str:
    """The text that a model sees of a question, up to where its answer begins.

    It is what the tokenizer's chat template makes of it; without one, the question and a line
    break (the tokenizer's own tokens for the beginning, such as ``<s>``, come before that).
    """
    if not getattr(tokenizer, "chat_template", None):
        return f"{prompt}\n"
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
        )
    )


def encode_prompt(tokenizer: Any, prompt: str) -> list[int]:
    """Ids of a question as `render_prompt` writes it."""
    templated = bool(getattr(tokenizer, "chat_template", None))  # it writes special tokens itself
    rendered = render_prompt(tokenizer, prompt)
    return [int(i) for i in tokenizer(rendered, add_special_tokens=not templated)["input_ids"]]


def encode_items(tokenizer: Any, items: Sequence[Item]) -> list[Encoded]:
    """Encode a set; an item without a prompt is a text that is read from its beginning.

    Raises:
        EvaluationError: an item has no token.
    """
    encoded = []
    for item in items:
        if item.prompt:
            prompt = tuple(encode_prompt(tokenizer, item.prompt))
            answer = _encode_answer(tokenizer, item.answer)
        else:
            prompt, answer = _encode_text(tokenizer, item.answer)
        if not prompt or not answer:
            raise EvaluationError(
                "Item {item!r} has no token in its prompt or its answer.", item=item.id
            )
        choices = tuple(_encode_answer(tokenizer, choice) for choice in item.choices)
        encoded.append(Encoded(item, prompt, answer, choices))
    return encoded


def _encode_answer(tokenizer: Any, text: str) -> tuple[int, ...]:
    end = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return (*(int(i) for i in ids), *end)


def _encode_text(tokenizer: Any, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The beginning-of-sequence token and the text; without one the text's first token and rest."""
    ids = tuple(int(i) for i in tokenizer(text, add_special_tokens=False)["input_ids"])
    start = tokenizer.bos_token_id
    return (ids[:1], ids[1:]) if start is None else ((int(start),), ids)


def shared_prefix(prompts: Sequence[tuple[int, ...]]) -> int:
    """Tokens that all prompts begin with, at least one token of each left out."""
    first = min(prompts, key=len)
    length = len(first) - 1
    for prompt in prompts:
        while prompt[:length] != first[:length]:
            length -= 1
    return length


def mean_tokens(encoded: Sequence[Encoded]) -> float:
    """Mean tokens of prompt and answer together."""
    return sum(len(e.prompt) + len(e.answer) for e in encoded) / len(encoded)
