"""Intervals, perplexity and evaluation sets against independent formulas."""

import json
import math
from pathlib import Path

import pytest
import torch

from obim.errors import EvaluationError
from obim.evaluation.items import draw, load_items
from obim.evaluation.perplexity import perplexity
from obim.evaluation.statistics import mean_interval, wilson
from obim.types import Item
from tests.evaluation.test_exact_match import run
from tests.tiny import tiny_model


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 10), (10, 10), (150, 300)])
def test_wilson_is_the_textbook_formula(right: int, n: int) -> None:
    z, p = 1.959963984540054, right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson(right, n) == pytest.approx((middle - half, middle + half), abs=1e-12)


def test_mean_interval() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 3.0, 4.0])
    half = 1.959964 * math.sqrt(5 / 3 / 4)
    assert (mean, low, high) == pytest.approx((2.5, 2.5 - half, 2.5 + half), abs=1e-5)
    assert mean_interval([3.0]) == (3.0, 3.0, 3.0)


def test_perplexity_is_that_of_transformers() -> None:
    """A padded batch against the loss that transformers itself computes, text by text."""
    model = tiny_model().float()
    texts = [torch.tensor([[5, 6, 7, 8]]), torch.tensor([[9, 10, 11, 12, 13, 14]])]
    ids, mask = torch.zeros(2, 6, dtype=torch.int64), torch.zeros(2, 6, dtype=torch.int64)
    ids[0, :4], ids[1], mask[0, :4], mask[1] = texts[0], texts[1], 1, 1
    losses = [float(model(input_ids=t, labels=t).loss.detach()) for t in texts]
    _, (value, low, high) = run(perplexity(model, [(ids, mask, 2)]))
    assert value == pytest.approx(math.exp((3 * losses[0] + 5 * losses[1]) / 8), rel=1e-5)
    assert low < value < high


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
