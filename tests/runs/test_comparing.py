"""``evaluation.json`` and ``obim compare``: what changed since the export, on the same items."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from scipy.stats import binomtest

from obim.cli import OK, WRONG, main
from obim.errors import EvaluationError
from obim.evaluation.items import EvalSet, items_hash, load_items
from obim.runs import comparing
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.checking import run_check
from obim.runs.comparing import computing_of
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.evaluation_file import EvaluationFile, read_table
from obim.runs.exporting import run_export
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Check, Evaluate, Export
from obim.runs.own_sets import command_name, save_set
from obim.runs.state import SkillState
from obim.types import Donor, Item, ItemResult, MergeSpec
from tests.tiny import save_donor, save_tiny

ITEMS = 12


def write_items(path: Path, count: int, prompt: str = "number") -> Path:
    lines = [
        {"id": f"{half}-{i}", "prompt": f"{prompt} {i}", "answer": "x", "split": half}
        for half in ("dev", "report")
        for i in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Base, an export that was evaluated in full, and its set."""
    root = tmp_path_factory.mktemp("home")
    save_donor(root / "donor", save_tiny(root / "base", layers=1))
    path = write_items(root / "items.jsonl", ITEMS)
    donor = Donor(name="d", source=str(root / "donor"))
    spec = MergeSpec(base=str(root / "base"), donors=(donor,), estimator="magnitude", rounds=2)
    with pytest.MonkeyPatch.context() as patch:
        sets = {
            "a": EvalSet("a", {"en": "Sums", "ja": "和"}, path),
            "p": EvalSet("p", {"en": "Loss", "ja": "損失"}, path, evaluator="perplexity"),
        }
        patch.setattr(Bench, "sets", lambda self: sets)
        bench = Bench(RunFolder.create(root / "runs", spec))

        def desk() -> Desk:
            return Desk.open(bench.folder, "evaluate", None)

        run_check(bench, Check(), desk(), root)
        run_advance(bench, Advance(1, "off"), desk())
        run_evaluate(bench, Evaluate(("base", "d", "merged"), ("a", "p")), desk())
        run_advance(bench, Advance(1, "off"), desk())
        run_evaluate(bench, Evaluate(("merged",), ("a", "p")), desk())
        run_export(bench, Export("out", "bfloat16"), desk(), root)
    return root


def test_the_table_is_of_the_exported_turn_and_holds_no_prompt(home: Path) -> None:
    text = (home / "out" / "evaluation.json").read_text()
    assert "number 3" not in text
    assert str(home) not in text
    table = read_table(home / "out")
    assert table is not None
    found = {(s.score.model, s.score.turn, s.title) for s in table.scores}
    assert found == {
        (model, turn, title)
        for model, turn in (("base", None), ("d", None), ("merged", 2))
        for title in ("Sums", "Loss")
    }
    (own,) = (s for s in table.of_this_model() if s.title == "Sums")
    items = load_items(home / "items.jsonl", "report")
    assert list(own.items) == [item.id for item in items]
    assert own.score.items_hash == items_hash(items)
    assert own.score.score == sum(own.items.values()) / len(items)
    (loss,) = (s for s in table.of_this_model() if s.title == "Loss")
    assert set(loss.weights) == set(loss.items)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, list[float]]:
    """Folder name -> what each item of any question is worth there now."""
    values: dict[str, list[float]] = {}

    def ask(
        folder: Path, questions: list[comparing.Question], tell: comparing.Tell, computing: None
    ) -> list[comparing.Answer]:
        answers = []
        for question in questions:
            found = values[folder.name][: len(question.items)]
            results = [ItemResult(i.id, v) for i, v in zip(question.items, found, strict=True)]
            score = comparing.summarise(found, [1.0] * len(found), share=True)
            answers.append(comparing.Answer(score, tuple(results)))
        return answers

    monkeypatch.setattr(comparing, "ask", ask)
    monkeypatch.setattr(comparing, "computing_of", lambda *_: None)
    return values


def store(home: Path, folder: Path, values: list[float]) -> Path:
    """A copy of the export whose stored results of the set of shares are these."""
    table = json.loads((home / "out" / "evaluation.json").read_text())
    for stored in table["scores"]:
        if stored["title"] == "Sums":
            stored["items"] = dict(zip(stored["items"], values, strict=True))
            stored["score"]["score"] = sum(values) / len(values)
    folder.mkdir()
    (folder / "evaluation.json").write_text(json.dumps(table))
    return folder


def test_an_untouched_export_scores_what_it_scored(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["compare", str(home / "out"), str(home / "items.jsonl"), "--fail-if-worse"]
    assert main(told) == OK
    for evaluator in ("exact_match", "perplexity"):
        assert main([*told, "--set-evaluator", evaluator]) == OK
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1].endswith(f"no difference with {ITEMS} items")
        assert f"  {evaluator}  " in lines[-1]
        assert "before the export" in lines[-1]


def with_computing(table: EvaluationFile, computing: str) -> EvaluationFile:
    return table.model_copy(update={"computing": computing})


def test_answers_are_computed_as_the_stored_ones_were(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table, folder = read_table(home / "out"), home / "out"
    assert table is not None
    for quicker in (True, False):
        monkeypatch.setattr(comparing, "is_quicker_in_float32", lambda _, quicker=quicker: quicker)
        assert computing_of(None, [folder]) == (torch.float32 if quicker else None)
        assert computing_of(with_computing(table, "float32"), [folder]) == torch.float32
        for other in ("bfloat16", ""):
            assert computing_of(with_computing(table, other), [folder]) is None
    monkeypatch.setattr("obim.runs.memory.free_memory", lambda _: 1000)
    assert computing_of(with_computing(table, "float32"), [folder]) is None
    monkeypatch.setattr(
        "obim.runs.evaluation_file.read_table", lambda _: with_computing(table, "float32")
    )
    assert main(["compare", str(folder), str(home / "items.jsonl")]) == OK
    assert "computed in float32, for which there is too little memory" in capsys.readouterr().err


def test_worse_on_the_same_items_is_said_and_fails(
    home: Path, told: dict[str, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store(home, tmp_path / "one", [1.0] * ITEMS)
    line = ["compare", str(folder), str(home / "items.jsonl")]
    for lost in range(ITEMS + 1):
        told["one"] = [0.0] * lost + [1.0] * (ITEMS - lost)
        worse = lost > 0 and binomtest(lost, lost).pvalue < 0.05
        assert main(line) == OK
        said = capsys.readouterr().out.splitlines()[1]
        assert main([*line, "--fail-if-worse"]) == int(worse)
        assert capsys.readouterr().out.splitlines()[1] == said
        verdict = "worse" if worse else f"can't tell with {ITEMS} items; about"
        assert verdict in said if lost else said.endswith(f"no difference with {ITEMS} items")
        assert f"{-100 * lost / ITEMS:+.1f} points" in said.replace("-0.0", "+0.0")


def test_a_new_set_stands_beside_the_old_figures(
    home: Path, told: dict[str, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store(home, tmp_path / "one", [1.0] * ITEMS)
    new = write_items(tmp_path / "new.jsonl", 10, "another")
    told |= {"one": [1.0] * 2 + [0.0] * 8, "base": [1.0] * 10}
    line = ["compare", str(folder), str(new)]
    assert main(line) == OK
    said = capsys.readouterr().out
    assert "20.0 % (5.7 to 51.0)" in said  # Wilson's interval of 2 in 10
    assert "nothing stored of these items" in said
    assert "Sums: 100.0 % " in said
    assert main([*line, "--fail-if-worse"]) == WRONG
    assert "nothing can be found worse" in capsys.readouterr().err
    assert main([*line, "--against", str(home / "base"), "--fail-if-worse"]) == 1
    said = capsys.readouterr().out.splitlines()[1]
    assert "base" in said
    assert said.endswith("worse")
    told["one"] = [1.0] * 10
    assert main([*line, "--against", str(home / "base"), "--fail-if-worse"]) == OK


def test_a_saved_set_is_called_by_its_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBIM_HOME", str(tmp_path))
    items = [Item(str(i), f"number {i}", "yes") for i in range(12)]
    saved = save_set(tmp_path, "Our mails", "exact_match", items)
    line = ["compare", str(home / "out"), "Our mails"]
    assert main(line) == OK
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("Our mails  exact_match")
    assert "Our mails: " in said.err  # the bar
    assert main([*line, "--fail-if-worse"]) == WRONG
    refused = capsys.readouterr().err
    assert "Our mails was not evaluated" in refused
    assert saved.id not in said.out + said.err + refused


def test_a_set_whose_prompts_changed_is_a_new_set(home: Path, tmp_path: Path) -> None:
    table = read_table(home / "out")
    same = comparing.find_set(str(home / "items.jsonl"))
    assert comparing.pose(same, table, False).before is not None
    for evaluator, stored in (("perplexity", True), ("bits_per_byte", False)):
        asked = comparing.pose(comparing.find_set(str(same.path), evaluator), table, True)
        assert (asked.before is not None) == stored
    other = comparing.find_set(str(write_items(tmp_path / "items.jsonl", ITEMS, "nr")))
    question = comparing.pose(other, table, False)
    assert question.before is None
    assert [i.id for i in question.items] == [f"report-{i}" for i in range(ITEMS)]


def test_a_saved_set_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBIM_HOME", str(tmp_path))
    items = [Item(str(i), f"question {i}", "yes") for i in range(12)]
    saved = save_set(tmp_path, "Our mails", "contains", items)
    found = comparing.find_set("Our mails")
    assert (found.id, found.evaluator) == (saved.id, "contains")
    known = SkillState(id=saved.id, title=found.title, donor=None, items=saved.items)
    assert command_name(known) == "Our mails"
    with pytest.raises(EvaluationError, match="Our mails"):
        comparing.find_set("Our mail")


def test_a_wrong_model_to_compare_with_is_told_before_anything_is_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(comparing, "ask", lambda *_: pytest.fail("a model was asked"))
    mute = shutil.copytree(home / "base", tmp_path / "mute")
    for path in mute.glob("*token*"):
        path.unlink()
    line = ["compare", str(home / "out"), str(home / "items.jsonl"), "--against"]
    for wrong, said in (
        (tmp_path, "has no config.json"),
        (tmp_path / "nowhere", "nowhere"),
        (mute, "tokenizer"),
    ):
        assert main([*line, str(wrong)]) == WRONG
        assert said in capsys.readouterr().err


def test_wrong_input_is_one_sentence_and_code_2(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, items = str(home / "out"), str(home / "items.jsonl")
    for told, said in (
        ([out, "nowhere"], "no evaluation set 'nowhere'"),
        ([out, items, "--set-evaluator", "guess"], "no evaluator called 'guess'"),
        ([str(tmp_path), items], "has no config.json"),
        ([out, items, "--against", str(tmp_path)], "has no config.json"),
    ):
        assert main(["compare", *told]) == WRONG
        assert said in capsys.readouterr().err.splitlines()[-1]
    (tmp_path / "evaluation.json").write_text("{}")
    assert main(["compare", str(tmp_path), items]) == WRONG
    assert "is damaged or of another version" in capsys.readouterr().err
