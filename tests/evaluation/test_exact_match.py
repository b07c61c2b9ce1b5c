"""Teacher forcing against generate(), in float32, family by family."""

from collections.abc import Generator
from typing import Any, TypeVar

import pytest
import torch
from transformers import GenerationConfig

from obim.evaluation.encoding import Encoded, encode_items, encode_prompt, shared_prefix
from obim.evaluation.exact_match import exact_match
from obim.evaluation.generate import write_answers
from obim.types import Item
from tests.tiny import FAMILIES, Family, tiny_model, tiny_tokenizer

T = TypeVar("T")


def run(generator: Generator[float, None, T]) -> tuple[list[float], T]:
    fractions = []
    while True:
        try:
            fractions.append(next(generator))
        except StopIteration as end:
            return fractions, end.value


def greedy(model: Any, prompt: tuple[int, ...], n: int, end: int) -> list[int]:
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=n, eos_token_id=end, pad_token_id=end
    )
    out = model.generate(
        input_ids=torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
        generation_config=settings,
    )
    return [int(i) for i in out[0, len(prompt) :]]


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_generate_in_float32(family: Family) -> None:
    """Half of the references are what generate() gives, some are it with one token changed."""
    model = tiny_model(family).float()
    tokenizer = tiny_tokenizer()
    encoded = []
    expected = []
    for i in range(12):
        prompt = tuple(encode_prompt(tokenizer, "the cat " + "on the mat " * (i % 4) + str(i)))
        n = 1 + i % 5
        answer = greedy(model, prompt, n, end=1)
        if i % 3 == 0:
            answer[i % len(answer)] = (answer[i % len(answer)] + 1) % 96
        item = Item(str(i), "", "")
        encoded.append(Encoded(item, prompt, tuple(answer)))
        again = greedy(model, prompt, len(answer), end=1)
        expected.append(again == answer)
    fractions, results = run(exact_match(model, encoded, batch_tokens=64))
    assert [r.value == 1 for r in results] == expected
    assert 2 < sum(expected) < 12
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_the_end_of_sequence_counts() -> None:
    model, tokenizer = tiny_model().float(), tiny_tokenizer()
    prompt = tuple(encode_prompt(tokenizer, "hello"))
    answer = greedy(model, prompt, 3, end=-1)
    assert 1 not in answer
    whole = Encoded(Item("a", "", ""), prompt, tuple(answer))
    ended = Encoded(Item("b", "", ""), prompt, (*answer, 1))
    _, results = run(exact_match(model, [whole, ended]))
    assert [r.value == 1 for r in results] == [True, False]


def test_prefix_leaves_a_token_of_each_prompt() -> None:
    assert shared_prefix([(1, 2, 3), (1, 2, 3)]) == 2
    assert shared_prefix([(1, 2, 3), (1, 2)]) == 1
    assert shared_prefix([(1,), (1, 2)]) == 0
    assert shared_prefix([(4, 2), (1, 2)]) == 0


def one_by_one(model, tokenizer, prompt: str, most: int) -> str:
    """One token after the other, each from a whole forward pass."""
    ids = encode_prompt(tokenizer, prompt)
    written: list[int] = []
    while len(written) < most:
        with torch.inference_mode():
            token = int(model(input_ids=torch.tensor([ids + written])).logits[0, -1].argmax())
        if token == tokenizer.eos_token_id:
            break
        written.append(token)
    return tokenizer.decode(written, skip_special_tokens=True)


def test_answers_are_the_same_in_a_batch_and_one_by_one() -> None:
    model, tokenizer = tiny_model().float(), tiny_tokenizer()
    prompts = ["the cat", "a much longer one about the moon", "12"]
    told: list[float] = []
    batch = write_answers(model, tokenizer, prompts, 6, told.append)
    assert batch == [one_by_one(model, tokenizer, prompt, 6) for prompt in prompts]
    assert told == [i / 6 for i in range(1, len(told) + 1)]
    assert write_answers(model, tokenizer, [], 6) == []


def test_items_get_the_end_of_sequence() -> None:
    tokenizer = tiny_tokenizer()
    (encoded,) = encode_items(tokenizer, [Item("1", "hi", "yes")])
    assert encoded.answer[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(encoded.prompt) == "<|user|>hi<|end|><|assistant|>"
