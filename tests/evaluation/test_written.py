"""Evaluators that let the model write; what it writes here is scripted or of a tiny model."""

from typing import Any

import pytest

from obim.errors import EvaluationError
from obim.evaluation import written
from obim.evaluation.contains import contains, fold
from obim.evaluation.encoding import encode_items, encode_prompt, render_prompt
from obim.evaluation.exact_match import exact_match
from obim.evaluation.generate import write_answers
from obim.evaluation.perplexity import perplexity
from obim.evaluation.regex_match import matches, regex_match
from obim.types import Item
from tests.evaluation.test_exact_match import run
from tests.tiny import tiny_model, tiny_tokenizer


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_model().float()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny_tokenizer()


def test_the_judged_text_is_what_the_model_writes(model: Any, tokenizer: Any) -> None:
    """Of 20 items in shuffled lengths, those with the very text or a piece of it are right."""
    prompts = [f"number {i} " + "on the mat " * (i % 4) for i in range(20)]
    texts = [write_answers(model, tokenizer, [prompt], 12)[0] for prompt in prompts]
    assert len(set(texts)) > 1
    asked = [
        Item(str(i), prompt, text.upper() if i % 2 else "never written 99")
        for i, (prompt, text) in enumerate(zip(prompts, texts, strict=True))
    ]
    fractions, results = run(contains(model, encode_items(tokenizer, asked), tokenizer, 12))
    assert [r.answer for r in results] == texts
    assert [r.value for r in results] == [float(i % 2) for i in range(20)]
    assert fractions == [0.4, 0.8, 1.0]


def test_one_batch_at_most_is_written_after_a_stop(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def write(model: Any, tokenizer: Any, rows: list[Any], most: int) -> list[str]:
        calls.append(len(rows))
        return ["x"] * len(rows)

    monkeypatch.setattr(written, "write_on", write)
    encoded = encode_items(tokenizer, [Item(str(i), "p", "x") for i in range(30)])
    going = contains(model, encoded, tokenizer)
    next(going)
    going.close()
    assert calls == [written.ROWS]


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("The answer is ＴＯＫＹＯ.", "tokyo", True),
        ("in  Straße\n12", "STRASSE 12", True),
        ("ｶﾞｿﾘﾝ を入れる", "ガソリン", True),
        ("It is Kyoto.", "Tokyo", False),
        ("a　b", " A B ", True),
        ("1000", "1 000", False),
    ],
)
def test_width_case_and_white_space_do_not_count(text: str, answer: str, found: bool) -> None:
    assert (fold(answer) in fold(text)) == found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\b\d{4}-\d{2}-\d{2}\b", "It is 2024-03-12.", True),
        (r"^\d{4}-\d{2}-\d{2}$", "It is 2024-03-12.", False),
        (r"(?i)yes", "YES", True),
        (r"yes", "YES", False),
        (r"\p{Han}+", "東京", True),
    ],
)
def test_a_pattern_is_searched_for(pattern: str, text: str, found: bool) -> None:
    assert matches(text, Item("i", "p", pattern)) == found


def test_a_pattern_judges_what_the_model_writes(model: Any, tokenizer: Any) -> None:
    items = [Item("any", "the cat", r"(?s).*"), Item("none", "the cat", r"never written")]
    _, results = run(regex_match(model, encode_items(tokenizer, items), tokenizer, 4))
    assert [r.value for r in results] == [1.0, 0.0]
    assert results[0].answer == write_answers(model, tokenizer, ["the cat"], 4)[0]


def test_a_pattern_that_would_never_end_is_named() -> None:
    with pytest.raises(EvaluationError, match=r"'no\. 7'.*1 s on one answer"):
        matches("a" * 60 + "!", Item("no. 7", "p", r"^(a|a)*$"))


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", r"(?P<n>a)(?P=m)", "*"])
def test_a_pattern_that_is_none_is_named_before_anything_is_written(
    tokenizer: Any, pattern: str
) -> None:
    encoded = encode_items(tokenizer, [Item("ok", "p", "a"), Item("no. 7", "p", pattern)])
    with pytest.raises(EvaluationError, match=r"'no\. 7'.*no valid pattern"):
        run(regex_match(None, encoded, tokenizer))


def test_an_item_without_a_prompt_can_not_be_answered(model: Any, tokenizer: Any) -> None:
    with pytest.raises(EvaluationError, match=r"'no\. 7' has no prompt"):
        run(contains(model, encode_items(tokenizer, [Item("no. 7", "", "text")]), tokenizer))


def test_what_is_longer_than_the_context_is_named(model: Any, tokenizer: Any) -> None:
    """The tiny models read 256 tokens; an item that fills them just so is judged."""
    text = "the cat " * 400
    bos = [Item("fine", "", "a"), Item("no. 7", "", text)]
    for judge in (perplexity, exact_match):
        with pytest.raises(EvaluationError, match=r"'no\. 7' takes \d+ tokens.* 256 at once"):
            run(judge(model, encode_items(tokenizer, bos), tokenizer))
    prompt = encode_items(tokenizer, [Item("no. 8", "a b c", "x")])
    room = 256 - len(prompt[0].prompt)
    assert len(run(contains(model, prompt, tokenizer, room))[1]) == 1
    with pytest.raises(EvaluationError, match=r"'no\. 8' takes 257"):
        run(contains(model, prompt, tokenizer, room + 1))


def test_a_prompt_is_seen_as_it_is_rendered(tokenizer: Any) -> None:
    said = render_prompt(tokenizer, "the cat")
    assert said == "<|user|>the cat<|end|><|assistant|>"
    assert tokenizer.decode(encode_prompt(tokenizer, "the cat")) == said
    plain = tiny_tokenizer()
    plain.chat_template = None
    assert render_prompt(plain, "the cat") == "the cat\n"
    assert encode_prompt(plain, "the cat") == plain("the cat\n")["input_ids"]
