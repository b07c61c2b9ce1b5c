"""``obim evaluate`` and tasks in a run: a JSONL file, a task's file, and what is refused."""

import json
from pathlib import Path

import pytest

from obim.cli import OK, WRONG, main
from obim.errors import EvaluationError
from obim.evaluation.generate import write_answers
from obim.evaluation.harness import PREFIX
from obim.evaluation.statistics import wilson
from obim.models.binding import load_model
from obim.models.tokenizing import load_tokenizer
from obim.registry import names
from obim.runs import comparing
from obim.runs.bench import Bench
from obim.runs.checking import run_check
from obim.runs.evaluating import run_evaluate
from obim.runs.jobs import AddSet, Check, Evaluate, Preview
from obim.runs.keeping_sets import read_preview, run_set_job, update_skills
from obim.runs.own_sets import save_set
from obim.runs.tasks import add_tasks
from obim.types import Item
from tests.evaluation.test_harness import CHOICE, write_task
from tests.runs.test_scoring import bench, desk, models

__all__ = ["bench", "models"]


def write_set(folder: Path, base: Path, n: int, right: int) -> Path:
    """Items of which the model at ``base`` writes the first few as they should be."""
    model, tokenizer = load_model(base), load_tokenizer(base)
    prompts = [f"number {i}" for i in range(n)]
    texts = [write_answers(model, tokenizer, [p], 64)[0] for p in prompts[:right]]
    texts += ["never written 99"] * (n - right)
    rows = (json.dumps({"prompt": p, "answer": t}) for p, t in zip(prompts, texts, strict=True))
    path = folder / "mine.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_file_is_scored(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_set(tmp_path, tiny_base, 8, 2)
    assert main(["evaluate", str(tiny_base), str(path), "--evaluator", "contains"]) == OK
    low, high = wilson(2, 8)
    said = f"mine.jsonl: 25.0 % ({100 * low:.1f} to {100 * high:.1f}), 8 items, contains\n"
    assert capsys.readouterr().out == said
    assert main(["evaluate", str(tiny_base), str(path), "--evaluator", "perplexity"]) == OK
    assert "perplexity" in capsys.readouterr().out
    assert main(["evaluate", str(tiny_base), str(path), "--items", "3"]) == OK
    assert ", 3 items, exact_match" in capsys.readouterr().out


def test_a_saved_set_is_scored_by_its_name_and_its_own_evaluator(
    tiny_base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(comparing, "cache_root", lambda: tmp_path)
    save_set(
        tmp_path, "Our mails", "contains", [Item(str(i), f"number {i}", "x") for i in range(20)]
    )
    assert main(["evaluate", str(tiny_base), "Our mails"]) == OK
    assert capsys.readouterr().out.endswith(", 10 items, contains\n")  # the report half


def test_a_task_is_scored(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = write_task(tmp_path, **CHOICE)
    assert main(["evaluate", str(tiny_base), task, "--items", "12"]) == OK
    said = capsys.readouterr().out
    assert said.startswith("office: ")
    assert said.endswith(", 12 items, lm_eval\n")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (["--evaluator", "nothing"], "no evaluator called 'nothing'"),
        (["--evaluator", "lm_eval"], "choose one of"),
        (["--evaluator", "classification"], "fewer than two choices"),
        (["--items", "0"], "1 or more"),
    ],
)
def test_what_is_wrong_is_said(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rest: list[str], said: str
) -> None:
    path = write_set(tmp_path, tiny_base, 2, 0)
    assert main(["evaluate", str(tiny_base), str(path), *rest]) == WRONG
    assert said in capsys.readouterr().err


def test_a_task_takes_no_evaluator(tiny_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(tiny_base), "arc_easy", "--evaluator", "contains"]) == WRONG
    assert "its own metric" in capsys.readouterr().err


def test_no_such_model_or_set(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path / "nowhere"), "x"]) == WRONG
    assert main(["evaluate", str(tiny_base), "no-such-task"]) == WRONG
    assert "no task of that name" in capsys.readouterr().err


def test_a_task_becomes_a_set_of_the_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scored with items and interval as any other, on the same documents for every model."""
    monkeypatch.undo()  # the sets are the demo's and the run's tasks
    skill = PREFIX + write_task(tmp_path, **CHOICE)
    run_evaluate(bench, Evaluate(("base", "full"), (skill,), 8), desk(bench))
    again = Bench(bench.folder)
    state = again.reader.state()
    assert [(s.id, s.title["en"], s.items) for s in state.skills] == [(skill, "office", 40)]
    assert [(s.n, s.unit, s.evaluator) for s in state.scores] == [(8, "share", "lm_eval")] * 2
    first, second = (e for _, e in bench.folder.events() if e["event"] == "score")
    assert list(first["items"]) == list(second["items"])
    assert all(int(number) % 2 for number in first["items"])
    assert state.scores[0].score == sum(first["items"].values()) / 8
    assert state.scores[0].low < state.scores[0].score < state.scores[0].high


def test_a_task_outlives_a_new_check_and_is_read_no_second_time(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    run_check(bench, Check(), desk(bench), tmp_path)
    before = bench.skill_ids()
    task = write_task(tmp_path, **CHOICE)
    add_tasks(bench, [PREFIX + task, *before])
    Path(task).unlink()
    run_check(bench, Check(), desk(bench), tmp_path)
    assert bench.skill_ids() == [*before, PREFIX + task]
    update_skills(bench)
    assert bench.skill_ids() == [*before, PREFIX + task]


def test_a_file_is_not_judged_by_a_tasks_evaluator(bench: Bench, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("prompt,answer\n" + "".join(f"number {i},{i}\n" for i in range(20)))
    found = read_preview(bench, Preview(str(table), None, "exact_match"))
    offered = {entry.name for entry in found["evaluators"]}
    assert offered == set(names("evaluator")) - {"lm_eval"}
    job = AddSet(str(table), found["mapping"], "lm_eval", "mine")
    with pytest.raises(EvaluationError, match="no evaluator called 'lm_eval' for a file"):
        run_set_job(bench, job, desk(bench))


def test_a_task_that_is_none_leaves_the_run_as_it_is(bench: Bench) -> None:
    with pytest.raises(EvaluationError, match="no task of that name"):
        run_evaluate(bench, Evaluate(("base",), (f"{PREFIX}no-such-task",), 8), desk(bench))
    assert bench.reader.state().skills == ()
