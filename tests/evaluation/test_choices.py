"""Multiple choice and classification against a loop over choices, one forward pass each."""

import random
from typing import Any

import pytest
import torch

from obim.errors import EvaluationError
from obim.evaluation.choosing import choose
from obim.evaluation.classification import classification
from obim.evaluation.encoding import Encoded, encode_items, render_prompt
from obim.evaluation.multiple_choice import multiple_choice
from obim.types import Item, ItemResult
from tests.evaluation.test_exact_match import run
from tests.tiny import tiny_model, tiny_tokenizer

WORDS = ("cat", "moon", "mat", "two", "box", "pens", "chair", "12 March", "short one", "a b c", "x")


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_model().float()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny_tokenizer()


def items(n: int = 30) -> list[Item]:
    """Each with four choices of its own, of one to four words."""
    lot, found = random.Random(5), []
    for i in range(n):
        parts = [lot.sample(WORDS, lot.randint(1, 4)) for _ in range(4)]
        choices = tuple(" ".join(part) for part in parts)
        prompt = f"what is {i}?" + " on the mat" * (i % 3)
        found.append(Item(str(i), prompt, choices[i % 4], choices=choices))
    return found


def nats(model: Any, tokenizer: Any, prompt: str, continuation: list[int]) -> float:
    """log p of a continuation, by softmax over the whole sequence; nothing batched or cached."""
    head = tokenizer(render_prompt(tokenizer, prompt), add_special_tokens=False)["input_ids"]
    ids = torch.tensor([head + continuation])
    with torch.inference_mode():
        logs = model(ids).logits[0].double().log_softmax(-1)
    places = range(len(head) - 1, ids.shape[1] - 1)
    return sum(float(logs[at, token]) for at, token in zip(places, continuation, strict=True))


def brute(model: Any, tokenizer: Any, item: Item, whole: bool) -> dict[str, float]:
    scores = {}
    for choice in item.choices:
        ids = tokenizer(choice, add_special_tokens=False)["input_ids"]
        end = [tokenizer.eos_token_id] if whole else []
        found = nats(model, tokenizer, item.prompt, ids + end)
        scores[choice] = found if whole else found / len(choice.encode("utf-8"))
    return scores


@pytest.mark.parametrize("whole", [False, True])
def test_choices_are_those_of_a_loop(model: Any, tokenizer: Any, whole: bool) -> None:
    judge = classification if whole else multiple_choice
    fractions, results = run(judge(model, encode_items(tokenizer, items()), tokenizer, 200))
    expected = []
    for item in items():
        scores = brute(model, tokenizer, item, whole)
        expected.append(max(scores, key=scores.__getitem__))
    assert [r.answer for r in results] == expected
    assert [r.value for r in results] == [
        float(item.answer == text) for item, text in zip(items(), expected, strict=True)
    ]
    assert {r.value for r in results} == {0.0, 1.0}
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_the_two_differ_where_length_matters(model: Any, tokenizer: Any) -> None:
    encoded = encode_items(tokenizer, items())
    _, by_byte = run(multiple_choice(model, encoded, tokenizer))
    _, whole = run(classification(model, encoded, tokenizer))
    assert [r.answer for r in by_byte] != [r.answer for r in whole]


def judged(model: Any, encoded: list[Encoded], scores: dict[str, float]) -> list[ItemResult]:
    """Choices of which each has the score given, whatever the model thinks."""
    return run(choose(model, encoded, lambda log, text: scores[text]))[1]


def test_a_tie_is_wrong_wherever_the_answer_stands(model: Any, tokenizer: Any) -> None:
    pair = [
        Item("first", "p", "a", choices=("a", "b", "c")),
        Item("last", "p", "a", choices=("c", "b", "a")),
    ]
    encoded = encode_items(tokenizer, pair)
    tied = judged(model, encoded, {"a": -1.0, "b": -1.0, "c": -2.0})
    assert [(r.value, r.answer) for r in tied] == [(0.0, "b"), (0.0, "b")]
    told = judged(model, encoded, {"a": -1.0, "b": -1.1, "c": -2.0})
    assert [(r.value, r.answer) for r in told] == [(1.0, "a"), (1.0, "a")]


def test_a_choice_that_is_listed_twice_is_no_tie(model: Any, tokenizer: Any) -> None:
    encoded = encode_items(tokenizer, [Item("i", "p", "a", choices=("a", "b", "a"))])
    (result,) = judged(model, encoded, {"a": -1.0, "b": -2.0})
    assert (result.value, result.answer) == (1.0, "a")


@pytest.mark.parametrize(
    ("choices", "said"),
    [((), "fewer than two"), (("a", "a"), "fewer than two"), (("b", "c"), "not among")],
)
def test_choices_that_can_not_be_judged(
    model: Any, tokenizer: Any, choices: tuple[str, ...], said: str
) -> None:
    encoded = encode_items(tokenizer, [Item("no. 7", "p", "a", choices=choices)])
    for judge in (classification, multiple_choice):
        with pytest.raises(EvaluationError, match=rf"'no\. 7'.*{said}"):
            run(judge(model, encoded, tokenizer))


def test_an_empty_choice_is_refused(model: Any, tokenizer: Any) -> None:
    encoded = encode_items(tokenizer, [Item("no. 7", "p", "a", choices=("a", ""))])
    with pytest.raises(EvaluationError, match=r"'no\. 7'.*empty choice"):
        run(multiple_choice(model, encoded, tokenizer))
