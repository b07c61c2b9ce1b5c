"""Forcing in batches, from what was read before, against a whole pass a continuation."""

import random
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, MistralConfig

from obim.evaluation import teacher_forcing
from obim.evaluation.forward import NOTHING, can_go_on, read, slot_bytes
from obim.evaluation.teacher_forcing import Pair, _groups, force, log_probabilities
from tests.evaluation.test_exact_match import run
from tests.tiny import FAMILIES, tiny_model

SHAPE: dict[str, Any] = {
    "vocab_size": 96, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
    "initializer_range": 0.5, "head_dim": 8,
}  # fmt: skip
SLIDING = {
    "gemma2": Gemma2Config(**SHAPE, sliding_window=7, final_logit_softcapping=2.0),
    "mistral": MistralConfig(**SHAPE, sliding_window=5),
}


def some_pairs(beginning: tuple[int, ...]) -> list[Pair]:
    """Prompts of unlike length with one to four continuations of unlike length, in no order."""
    lot, found = random.Random(3), []
    for i in range(9):
        prompt = (*beginning, 2 + i, *lot.choices(range(2, 96), k=lot.randint(1, 12)))
        for _ in range(1 + i % 4):
            found.append((prompt, tuple(lot.choices(range(96), k=lot.randint(1, 9)))))
    lot.shuffle(found)
    return found


def one_pass(model: Any, pair: Pair) -> torch.Tensor:
    """log p of each token of a continuation, nothing batched, padded or kept."""
    ids = torch.tensor([[*pair[0], *pair[1]]])
    with torch.inference_mode():
        logs = model(input_ids=ids).logits[0].double().log_softmax(-1)
    return torch.stack([logs[len(pair[0]) - 1 + at, i] for at, i in enumerate(pair[1])])


def model_of(name: str) -> Any:
    if name not in SLIDING:
        return tiny_model(name).float()
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(SLIDING[name]).float().eval()


@pytest.mark.parametrize("beginning", [(), (5, 6, 7, 8, 9, 10)], ids=["apart", "shared"])
@pytest.mark.parametrize("name", [*FAMILIES, *SLIDING])
def test_likelihoods_are_those_of_one_pass_each(name: str, beginning: tuple[int, ...]) -> None:
    model, pairs = model_of(name), some_pairs(beginning)
    fractions, told = run(force(model, pairs, log_probabilities, 60))
    for pair, logs in zip(pairs, told, strict=True):
        torch.testing.assert_close(logs.double(), one_pass(model, pair), atol=2e-5, rtol=1e-5)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert can_go_on(model, read(model, [5])) == (name not in SLIDING)


def test_a_first_token_that_is_false_ends_it() -> None:
    model, pairs = model_of("llama"), some_pairs((5, 6))
    _, whole = run(force(model, pairs, lambda logits, ids: ids > 40))
    _, short = run(force(model, pairs, lambda logits, ids: ids > 40, until_false=True))
    assert [len(told) for told in whole] == [len(answer) for _, answer in pairs]
    for some, told in zip(short, whole, strict=True):
        assert some.tolist() == (told if told[0] else told[:1]).tolist()
    assert sum(map(len, short)) < sum(map(len, whole))


def positions(model: Any, pairs: list[Pair], **settings: Any) -> int:
    """Positions that the model computes, padding included."""
    seen: list[int] = []
    hook = model.get_input_embeddings().register_forward_hook(
        lambda module, given, found: seen.append(given[0].numel())
    )
    run(force(model, pairs, lambda logits, ids: ids > 95, **settings))
    hook.remove()
    return sum(seen)


def test_a_prompt_is_read_once_whatever_follows_it() -> None:
    model, prompt = model_of("llama"), tuple(range(2, 32))
    pairs = [(prompt, (40 + i, 50, 51)) for i in range(8)]
    assert positions(model, pairs) == 30 + 8 * 2
    assert positions(model, pairs, until_false=True) == 30
    other = (*prompt[:20], *range(60, 70))
    assert positions(model, [*pairs, (other, (40,))]) == 20 + 2 * 10 + 8 * 2


def test_what_some_prompts_begin_with_is_read_once() -> None:
    """Two beginnings of nine tokens, ten prompts each with three tokens of its own."""
    beginnings = (tuple(range(10, 20)), (10, *range(30, 39)))
    pairs = [((*b, 40 + i, 60, 61), (5, 6)) for b in beginnings for i in range(10)]
    model = model_of("llama")
    assert positions(model, pairs, until_false=True) == 1 + 2 * 9 + 20 * 3
    _, told = run(force(model, pairs, log_probabilities))
    for pair, logs in zip(pairs, told, strict=True):
        torch.testing.assert_close(logs.double(), one_pass(model, pair), atol=2e-5, rtol=1e-5)


def test_rows_of_like_length_run_together_within_bounds() -> None:
    lot = random.Random(1)
    lengths = [lot.choice((3, 4, 30, 31, 90)) for _ in range(70)]
    groups = _groups(lengths, 10, 64, 1024)
    assert sorted(i for group in groups for i in group) == list(range(70))
    widths = [max(lengths[i] for i in group) for group in groups]
    for group, width in zip(groups, widths, strict=True):
        assert len(group) == 1 or len(group) * width <= 64
        assert len(group) == 1 or len(group) * (width + 10) <= 1024
    padded = sum(len(g) * w for g, w in zip(groups, widths, strict=True))
    assert padded - sum(lengths) < 24 * len(groups)


def test_what_was_read_bounds_a_batch_too() -> None:
    """A long prompt's keys are repeated for each row that goes on from it."""
    assert max(map(len, _groups([1] * 40, 1000, 64, 1024))) == 1
    assert max(map(len, _groups([1] * 40, 100, 64, 1024))) == 10


def test_the_bytes_of_what_was_read_bound_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    model, pairs = model_of("llama"), some_pairs((5, 6))
    config = model.config
    slot = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    assert slot_bytes(read(model, [5, 6, 7])) == slot
    assert slot_bytes(NOTHING) == 0
    _, wide = run(force(model, pairs, log_probabilities))
    rows: list[int] = []
    hook = model.get_input_embeddings().register_forward_hook(
        lambda module, given, found: rows.append(given[0].shape[0])
    )
    monkeypatch.setattr(teacher_forcing, "_KEPT", 2 * slot * 30)
    _, narrow = run(force(model, pairs, log_probabilities))
    hook.remove()
    assert 1 < max(rows) <= 30 // 4
    for some, told in zip(narrow, wide, strict=True):
        torch.testing.assert_close(some, told)
