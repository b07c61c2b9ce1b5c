"""Perplexity and evaluation sets against independent formulas."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded, encode_items
from obim.evaluation.items import draw, load_items
from obim.evaluation.perplexity import bits_per_byte, perplexity
from obim.evaluation.statistics import summarise
from obim.types import Item
from tests.evaluation.test_exact_match import run
from tests.tiny import tiny_model, tiny_tokenizer


def losses_of(model: Any, texts: list[tuple[int, ...]], skip: int) -> list[float]:
    """Summed nats of each text after its first ``skip`` tokens, as transformers computes them."""
    sums = []
    for text in texts:
        ids = torch.tensor([text])
        labels = ids.clone()
        labels[:, :skip] = -100
        loss = float(model(input_ids=ids, labels=labels).loss.detach())
        sums.append(loss * (len(text) - skip))
    return sums


def test_perplexity_is_that_of_transformers() -> None:
    """Batched and padded, with a shared prefix, against transformers' own loss, text by text."""
    model = tiny_model().float()
    texts = [(5, 6, 7, 8), (5, 6, 11, 12, 13, 14)]
    encoded = [Encoded(Item(str(i), "", ""), t[:2], t[2:]) for i, t in enumerate(texts)]
    _, results = run(perplexity(model, encoded))
    sums = losses_of(model, texts, 2)
    assert [r.value for r in results] == pytest.approx(sums, rel=1e-5)
    assert [r.weight for r in results] == [2, 4]
    found = summarise([r.value for r in results], [r.weight for r in results], False, "exp")
    assert found.value == pytest.approx(math.exp(sum(sums) / 6), rel=1e-5)
    assert found.low <= found.value <= found.high


def test_bits_per_byte_counts_the_bytes_of_texts() -> None:
    model, tokenizer = tiny_model().float(), tiny_tokenizer()
    encoded = encode_items(tokenizer, [Item("a", "", "the cat 猫"), Item("b", "", "on the mat")])
    assert "<|user|>" not in tokenizer.decode(encoded[0].prompt + encoded[0].answer)
    _, results = run(bits_per_byte(model, encoded))
    sums = losses_of(model, [e.prompt + e.answer for e in encoded], len(encoded[0].prompt))
    assert [r.value for r in results] == pytest.approx([n / math.log(2) for n in sums], rel=1e-5)
    assert [r.weight for r in results] == [8 + 3, 10]


def test_items_are_read_by_split(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        {"id": i, "prompt": f"p{i}", "answer": "a", "split": "dev" if i % 2 else "report"}
        for i in range(6)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    assert [i.id for i in load_items(path, "dev")] == ["1", "3", "5"]
    assert len(load_items(path)) == 6


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"prompt": "a"}', '{"prompt":1,"answer":2}'])
def test_bad_sets_are_explained(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"a\.jsonl"):
        load_items(path)


def test_a_draw_is_seeded_and_keeps_order() -> None:
    items = [Item(str(i), "", "") for i in range(50)]
    drawn = draw(items, 10, seed=3)
    assert drawn == draw(items, 10, seed=3) != draw(items, 10, seed=4)
    assert [int(i.id) for i in drawn] == sorted(int(i.id) for i in drawn)
    assert draw(items, 99, 0) == draw(items, None, 0) == items
