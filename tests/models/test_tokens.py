"""Tokenizers of base and donor: other ids are refused, other tokens explained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from obim.models.preflight import Card, preflight
from obim.models.tokens import compare_tokens, read_tokens
from tests.tiny import save_adapter, save_donor, save_tiny, tiny_tokenizer


def change_tokenizer(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def card_of(base: Path, donor: Path) -> Card:
    return preflight(str(base), [str(donor)]).cards[1]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_tiny(tmp_path / "base")


def swap(content: dict[str, Any]) -> None:
    """Reverse the ids of the twelve tokens 50 to 61."""
    vocab = content["model"]["vocab"]
    content["model"]["vocab"] = {t: 111 - i if 50 <= i < 62 else i for t, i in vocab.items()}


@pytest.mark.parametrize("kind", ["full", "adapter"])
def test_other_ids_are_refused_with_the_first_ten(tmp_path: Path, base: Path, kind: str):
    make = save_donor if kind == "full" else save_adapter
    donor = make(tmp_path / "donor", base)
    tiny_tokenizer().save_pretrained(donor)
    assert card_of(base, donor).ok
    change_tokenizer(donor, swap)
    texts = {i: text for text, i in tiny_tokenizer().get_vocab().items()}
    shown = ", ".join(f"{texts[i]!r} {i} → {111 - i}" for i in range(50, 60))
    card = card_of(base, donor)
    assert card.problems == (
        "Its tokenizer gives other ids to 12 of the base's tokens (token, base → donor): "
        f"{shown}; choose a donor that keeps the base's ids.",
    )
    assert card.kind == kind


def test_a_donor_without_tokenizer_files_uses_the_bases(tmp_path: Path, base: Path):
    donor = save_donor(tmp_path / "donor", base)
    for path in donor.glob("tokenizer*"):
        path.unlink()
    card = card_of(base, donor)
    assert (card.problems, card.warnings) == ((), ())


def test_tokens_that_only_one_has_are_explained(tmp_path: Path, base: Path):
    donor = save_donor(tmp_path / "donor", base)
    more = tiny_tokenizer()
    more.add_tokens(["<think>", "</think>"])
    more.save_pretrained(donor)
    card = card_of(base, donor)
    assert card.problems == ()
    assert card.warnings == (
        "Its tokenizer has 2 tokens that the base's lacks, '<think>' for one; the merge keeps the "
        "base's tokenizer.",
    )
    card = card_of(donor, base)
    assert card.problems == ()
    assert card.warnings == (
        "Its tokenizer lacks 2 tokens of the base's, '<think>' for one; the merge keeps the "
        "base's tokenizer.",
    )


def test_hostile_tokens_stay_text(tmp_path: Path, base: Path):
    hostile = ["<img src=x onerror=alert(1)>", "{0} {n}", "\x1b[31mred\n", "\u202eabc", "x" * 999]
    donor = save_donor(tmp_path / "donor", base)
    for folder, order in ((base, hostile), (donor, hostile[::-1])):
        tokenizer = tiny_tokenizer()
        tokenizer.add_tokens(order)
        tokenizer.save_pretrained(folder)
    (problem,) = card_of(base, donor).problems
    assert problem.template.count("{") == problem.template.count("}") == 2
    assert "'<img src=x onerror=alert(1)>' 96 → 100, '{0} {n}' 97 → 99" in problem
    assert problem.isprintable()
    assert "x" * 40 + "…" in problem
    assert "x" * 41 not in problem


def test_a_tokenizer_in_another_file_is_read_too(tmp_path: Path, base: Path):
    donor = save_donor(tmp_path / "donor", base)
    fast = Tokenizer(models.WordLevel({"<unk>": 0, "b": 1, "a": 2}, unk_token="<unk>"))
    fast.add_tokens(["added"])
    PreTrainedTokenizerFast(tokenizer_object=fast, unk_token="<unk>").save_pretrained(donor)
    assert read_tokens(donor) == {"<unk>": 0, "b": 1, "a": 2, "added": 3}
    for path in donor.glob("tokenizer*"):
        path.unlink()
    (donor / "vocab.json").write_text(json.dumps({"<|endoftext|>": 0, "b": 1, "a": 2}))
    (donor / "merges.txt").write_text("#version: 0.2\n")
    (donor / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    assert {"b": 1, "a": 2}.items() <= read_tokens(donor).items()
    assert "gives other ids" in card_of(base, donor).problems[0]


def test_what_cannot_be_compared_is_said(tmp_path: Path, base: Path):
    donor = save_donor(tmp_path / "donor", base)
    (donor / "tokenizer.json").write_text('{"model": 3}')
    (warning,) = card_of(base, donor).warnings
    assert warning.startswith(f"The tokenizer in {donor} can't be read (")
    tiny_tokenizer().save_pretrained(donor)
    for path in base.glob("tokenizer*"):
        path.unlink()
    card = card_of(base, donor)
    assert card.problems == ()
    assert card.warnings[0].startswith("The base has no tokenizer files")


def test_ids_are_compared_whatever_the_order():
    assert compare_tokens({"a": 0, "b": 1}, {"b": 1, "a": 0}).problems == ()
    (problem,) = compare_tokens({"a": 0, "b": 1, "c": 2}, {"a": 0, "b": 5, "z": 1}).problems
    assert "'b' 1 → 5;" in problem
