"""Texts from files, their batches, and texts that a model writes itself."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from obim.errors import CalibrationError
from obim.models.decoding import write_on
from obim.saliency.calibration import Text, batches, load_texts
from obim.saliency.encoding import encode
from obim.saliency.own_texts import generate_texts
from tests.tiny import TEXTS, tiny_model, tiny_tokenizer


def write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_files(tmp_path: Path):
    pair = [Text("When?", "Now, \u4eca"), Text("plain")]
    lines = '{"prompt": "When?", "answer": "Now, \u4eca"}\n\n{"text": "plain"}\n'
    assert load_texts(write(tmp_path / "a.jsonl", lines)) == pair
    assert load_texts(write(tmp_path / "a.csv", 'Prompt,Answer\nWhen?,"Now, \u4eca"\n')) == pair[:1]
    assert load_texts(write(tmp_path / "b.csv", "\ufefftext,x\nplain,1\n")) == pair[1:]
    assert load_texts(write(tmp_path / "a.txt", "one\ntwo\n")) == [Text("one"), Text("two")]
    parts = write(tmp_path / "b.txt", "one\nstill one\n\n\ntwo\n")
    assert load_texts(parts) == [Text("one\nstill one"), Text("two")]


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.jsonl", "{", "line 1"),
        ("a.jsonl", "[1]", "JSON object"),
        ("a.jsonl", '{"question": "x"}', "neither"),
        ("a.csv", "a,b\n1,2\n", "row 2"),
        ("a.txt", " \n\n", "no text"),
        ("a.pdf", "x", r"\.jsonl"),
    ],
)
def test_bad_files_say_where(tmp_path: Path, name: str, content: str, match: str):
    with pytest.raises(CalibrationError, match=match):
        load_texts(write(tmp_path / name, content))


def test_unreadable_files(tmp_path: Path):
    with pytest.raises(CalibrationError, match="no file"):
        load_texts(str(tmp_path / "absent.txt"))
    (tmp_path / "sjis.txt").write_bytes("\u65e5\u672c".encode("cp932"))
    with pytest.raises(CalibrationError, match="UTF-8"):
        load_texts(str(tmp_path / "sjis.txt"))


def test_demo_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "calibration").mkdir()
    write(tmp_path / "calibration" / "dates.jsonl", '{"text": "x"}')
    entry = '{"id": "dates", "calibration": "calibration/dates.jsonl"}'
    entries = f'{{"skills": [{entry}], "general": {entry}, "forgetting": {entry}}}'
    write(tmp_path / "demo.json", entries)
    monkeypatch.setattr("obim.models.demo.demo_assets", lambda: tmp_path)
    assert load_texts("demo:dates") == [Text("x")]
    for ref in ("demo:absent", "demo:../calibration/dates"):
        with pytest.raises(CalibrationError, match="no calibration texts"):
            load_texts(ref)


def test_answers_go_through_the_chat_template():
    tokenizer = tiny_tokenizer()
    ids = encode(tokenizer, Text("one", "two"))
    assert tokenizer.decode(ids) == "<|user|>one<|end|><|assistant|>two<|end|>"
    tokenizer.chat_template = None
    assert tokenizer.decode(encode(tokenizer, Text("one", "two"))).endswith("two<|end|>")


@pytest.mark.parametrize("chat", [True, False])
def test_the_loss_counts_answers_and_all_of_plain_text(chat: bool):
    tokenizer = tiny_tokenizer()
    if not chat:
        tokenizer.chat_template = None
    pairs = [Text("The cat sat", "on the mat"), Text("the whole of it"), Text("Two boxes", "12")]
    wanted = {f"{t.text}/{'' if t.answer is None else t.answer}" for t in pairs}
    found = set()
    for batch in batches(tokenizer, pairs):
        assert batch.answers is not None
        assert bool((batch.answers <= batch.mask).all())
        for ids, mask, counts in zip(batch.ids, batch.mask, batch.answers, strict=True):
            answer = tokenizer.decode(ids[counts.bool()])
            asked = tokenizer.decode(ids[mask.bool() & ~counts.bool()])
            if not asked:
                found.add(f"{answer}/")
                continue
            assert answer.endswith("<|end|>")  # where to stop is part of the answer
            asked = asked.removeprefix("<|user|>").removesuffix("<|end|><|assistant|>")
            found.add(f"{asked.strip()}/{answer.removesuffix('<|end|>')}")
    assert found == wanted


def test_a_long_answer_counts_in_every_piece():
    tokenizer = tiny_tokenizer()
    text = Text("Two boxes of pens", "one chair and two boxes of pens")
    whole, cut = (batches(tokenizer, [text], max_length=n) for n in (512, 9))
    counted = [
        sum(int(b.answers.sum()) for b in one if b.answers is not None) for one in (whole, cut)
    ]
    assert counted[0] == counted[1] > 9
    assert sum(len(b.ids) for b in cut) > 2


@pytest.mark.parametrize("batch_tokens", [1, 40, 10_000])
def test_batches_hold_every_token_once(batch_tokens: int):
    tokenizer = tiny_tokenizer()
    texts = [Text(text) for text in TEXTS]
    wanted = sorted(tokenizer(text)["input_ids"] for text in TEXTS)
    got = batches(tokenizer, texts, batch_tokens=batch_tokens)
    rows = [
        row[keep.bool()].tolist()
        for ids, mask, *_ in got
        for row, keep in zip(ids, mask, strict=True)
    ]
    assert sorted(rows) == wanted
    for ids, mask, *_ in got:
        assert ids.numel() <= batch_tokens or len(ids) == 1
        assert bool((mask.diff(dim=1) <= 0).all())


def test_batches_stop_at_the_limit_and_cut_long_texts():
    tokenizer = tiny_tokenizer()
    texts = [Text(text) for text in TEXTS]
    got = batches(tokenizer, texts, max_tokens=50, max_length=8)
    assert sum(int(batch.mask.sum()) for batch in got) == 50
    assert max(batch.ids.shape[1] for batch in got) <= 8
    lengths = [len(encode(tokenizer, text)) for text in texts]
    reached = next(i for i in range(len(texts)) if sum(lengths[: i + 1]) >= 50) + 1
    assert sum(batch.texts for batch in got) == reached
    assert sum(len(batch.ids) for batch in got) > reached
    with pytest.raises(CalibrationError, match="no token"):
        batches(tokenizer, [Text("")])


@pytest.mark.parametrize("chat", [True, False])
def test_a_model_writes_texts_from_a_seed(chat: bool):
    tokenizer, model = tiny_tokenizer(), tiny_model()
    if not chat:
        tokenizer.chat_template = None
    state = torch.random.get_rng_state()
    fractions: list[float] = []
    settings = {"max_new_tokens": 6, "rows": 2}
    texts = generate_texts(model, tokenizer, 5, 3, **settings, on_progress=fractions.append)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert max(b - a for a, b in pairwise([0.0, *fractions])) <= 2 / 5
    assert len(fractions) >= 3 * (2 if chat else 1) * 3
    assert 1 <= len(texts) <= 5
    assert all((text.answer is not None) is chat for text in texts)
    assert generate_texts(model, tokenizer, 5, 3, **settings) == texts
    assert generate_texts(model, tokenizer, 5, 4, **settings) != texts


def test_texts_are_drawn_from_the_models_own_distribution():
    """First tokens of many texts against softmax, by chi-square; cold logits would fail."""
    model, tokenizer, rows = tiny_model(), tiny_tokenizer(), 4000
    with torch.no_grad():
        wanted = model(torch.tensor([[7, 8]])).logits[0, -1].double().softmax(-1).numpy()
    seen: list[int] = []

    class Ids:
        pad_token_id, eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id

        def batch_decode(self, ids, **_):
            seen.extend(row[0] for row in ids)
            return [""] * len(ids)

    write_on(model, Ids(), [[7, 8]] * rows, 1, lots=torch.Generator().manual_seed(0))
    likely = wanted * rows >= 5
    counts = np.bincount(seen, minlength=wanted.size)
    got = [*counts[likely], counts[~likely].sum()]
    expected = [*wanted[likely], wanted[~likely].sum()]
    assert likely.sum() > 20
    assert chisquare(got, np.array(expected) * rows).pvalue > 1e-3


def test_writing_own_texts_stops_within_a_token():
    calls = 0

    class Stop(Exception):
        pass

    def tell(share: float) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stop

    model, tokenizer = tiny_model(), tiny_tokenizer()
    state = torch.random.get_rng_state()
    with pytest.raises(Stop):
        generate_texts(model, tokenizer, 4, 0, max_new_tokens=50, on_progress=tell)
    assert calls == 3
    assert torch.equal(torch.random.get_rng_state(), state)
