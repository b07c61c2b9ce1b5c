"""Tasks of lm-evaluation-harness: a file of a task and its data, offline."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from obim.errors import EvaluationError
from obim.evaluation import harness
from obim.evaluation.encoding import Encoded, encode_items
from obim.evaluation.harness import lm_eval, task_items, task_set
from obim.types import ItemResult
from tests.evaluation.test_exact_match import run
from tests.tiny import tiny_model, tiny_tokenizer

WORDS = ("cat", "moon on the mat", "two", "box of pens")


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder; whatever asks for the network fails."""
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path


def write_task(folder: Path, **settings: Any) -> str:
    rows = [
        {"question": f"what is {i}?" + " on the mat" * (i % 3), "gold": i % 4, "words": WORDS}
        for i in range(40)
    ]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    task = {
        "task": "office", "dataset_path": "json", "test_split": "test",
        "dataset_kwargs": {
            "data_files": {"test": str(folder / "rows.jsonl")}, "cache_dir": str(folder / "cache")
        },
        "doc_to_text": "{{question}}",
    }  # fmt: skip
    path = folder / "office.yaml"
    path.write_text(json.dumps(task | settings))  # JSON is YAML
    return str(path)


CHOICE = {
    "output_type": "multiple_choice", "doc_to_target": "{{gold}}", "doc_to_choice": "{{words}}",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
}  # fmt: skip
WRITE = {
    "output_type": "generate_until", "doc_to_target": "{{words[gold]}}",
    "metric_list": [{"metric": "exact_match"}],
    "generation_kwargs": {"until": ["\n"], "max_gen_toks": 6, "do_sample": False},
}  # fmt: skip


def judged(task: str, ids: list[int]) -> tuple[list[float], list[ItemResult], list[Encoded]]:
    tokenizer = tiny_tokenizer()
    encoded = encode_items(tokenizer, [task_items(task)[i] for i in ids])
    fractions, results = run(lm_eval(tiny_model().float(), encoded, tokenizer, task))
    return fractions, results, encoded


def test_documents_are_items_and_each_gets_the_tasks_metric(offline: Path) -> None:
    """acc_norm, recomputed document by document: log p of a choice over its characters."""
    task = write_task(offline, **CHOICE)
    ids = [*range(1, 40, 2)]
    fractions, results, encoded = judged(task, ids)
    assert [r.id for r in results] == [str(i) for i in ids]
    assert fractions == [0.8, 1.0]
    assert encoded[0].item.answer == WORDS[1]
    assert encoded[0].item.choices == WORDS
    model, tokenizer = tiny_model().float(), tiny_tokenizer()
    for one, result in zip(encoded, results, strict=True):
        scores = []
        for word in WORDS:
            head = tokenizer(one.item.prompt)["input_ids"]
            whole = tokenizer(f"{one.item.prompt} {word}")["input_ids"]
            with torch.inference_mode():
                logs = model(torch.tensor([whole])).logits[0].log_softmax(-1)
            places = range(len(head) - 1, len(whole) - 1)
            scores.append(sum(float(logs[at, whole[at + 1]]) for at in places) / len(word))
        assert result.value == float(WORDS[scores.index(max(scores))] == one.item.answer)


def test_what_a_task_has_written_is_kept(offline: Path) -> None:
    _, results, _ = judged(write_task(offline, **WRITE), [0, 5])
    assert {r.value for r in results} <= {0.0, 1.0}
    assert all(isinstance(r.answer, str) and r.answer for r in results)


def test_every_model_sees_the_same_examples(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, seen, result = write_task(offline, **CHOICE, num_fewshot=2), [], harness._result
    monkeypatch.setattr(
        harness, "_result", lambda one, name: (seen.append(one["arguments"]), result(one, name))[1]
    )
    for _ in range(2):
        judged(task, [0, 7, 20])
    assert len(seen) == 6
    assert seen[:3] == seen[3:]
    assert str(seen[0]).count("what is") == 3 * len(WORDS)


def test_a_file_that_was_changed_is_read_again(offline: Path) -> None:
    first = task_items(write_task(offline, **CHOICE))
    again = task_items(write_task(offline, **CHOICE, doc_to_text="So {{question}}"))
    assert [item.prompt for item in again] == [f"So {item.prompt}" for item in first]


def test_the_model_and_the_tokenizer_stay_as_they_are(offline: Path) -> None:
    tokenizer, model = tiny_tokenizer(), tiny_model()
    tokenizer.pad_token = None
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    task = write_task(offline, **CHOICE)
    run(lm_eval(model, encode_items(tokenizer, task_items(task)[:3]), tokenizer, task))
    assert tokenizer.pad_token is None
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())


def test_a_metric_that_is_not_right_or_wrong_is_refused(offline: Path) -> None:
    task = write_task(offline, **CHOICE | {"metric_list": [{"metric": "brier_score"}]})
    with pytest.raises(EvaluationError, match=r"brier_score.*choose one with exact_match"):
        judged(task, [0])


def test_a_task_that_can_not_be_read_is_named(offline: Path) -> None:
    broken = offline / "broken.yaml"
    broken.write_text("task: [")
    with pytest.raises(EvaluationError, match=r"broken\.yaml can't be read"):
        task_items(str(broken))
    task = write_task(offline, **CHOICE)
    (offline / "rows.jsonl").unlink()
    with pytest.raises(EvaluationError, match="its data can't be had"):
        task_items(task)
    with pytest.raises(EvaluationError, match="no task of that name"):
        task_items("no-such-task")


def test_without_the_extra_the_sentence_says_what_to_install(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval.tasks", None)
    harness._manager.cache_clear()
    with pytest.raises(EvaluationError, match=r"pip install 'obim-studio\[lm-eval\]'"):
        task_items("arc_easy")


def test_a_task_is_a_set() -> None:
    found = task_set("/folder/office.yaml")
    assert (found.id, found.title["ja"]) == ("lm_eval:/folder/office.yaml", "office")
    assert task_set("arc_easy").title["en"] == "arc_easy"
