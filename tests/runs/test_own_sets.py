"""Own evaluation sets: kept whole, found by name, never confused with what they were before."""

import json
import random
from pathlib import Path

import pytest

from obim.errors import EvaluationError
from obim.evaluation.columns import Columns
from obim.evaluation.items import demo_sets, load_items
from obim.runs.bench import Bench
from obim.runs.checking import skills_of
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.folder import RunFolder
from obim.runs.forking import kept_events
from obim.runs.jobs import AddSet, Evaluate, Preview, RemoveSet
from obim.runs.keeping_sets import read_preview, run_set_job, update_skills
from obim.runs.own_sets import eval_sets, read_sets, remove_set, save_set
from obim.types import Donor, Item, MergeSpec
from tests.tiny import CHAT_TEMPLATE, save_donor, save_tiny


def questions(n: int, answer: str = "x") -> list[Item]:
    return [Item(str(i), f"number {i}", answer) for i in range(n)]


def test_a_set_is_listed_reused_and_removed(tmp_path: Path) -> None:
    made = save_set(
        tmp_path, " FAQ 東京 ", "contains", questions(10), donor=("demo:dates", "Dates")
    )
    save_set(tmp_path, "a", "exact_match", questions(11))
    assert [saved.name for saved in read_sets(tmp_path)] == ["a", "FAQ 東京"]
    assert read_sets(tmp_path)[1] == made
    first, second = eval_sets(tmp_path)
    assert (first.donors, second.donors, second.evaluator) == ((), ("demo:dates",), "contains")
    assert [item.prompt for item in load_items(second.path)] == [f"number {i}" for i in range(10)]
    remove_set(tmp_path, made.id)
    assert [saved.name for saved in read_sets(tmp_path)] == ["a"]
    assert [path.name for path in (tmp_path / "sets").iterdir()] == [read_sets(tmp_path)[0].id]


def test_a_set_tells_which_columns_it_was_made_of(tmp_path: Path) -> None:
    save_set(tmp_path, "a", "exact_match", questions(10), columns=Columns("答え", "質問", ("x",)))
    save_set(tmp_path, "b", "exact_match", questions(11))
    assert [saved.columns for saved in read_sets(tmp_path)] == [
        Columns("答え", "質問", ("x",)), None,
    ]  # fmt: skip


def test_the_halves_are_written_down_with_their_seed(tmp_path: Path) -> None:
    made = save_set(tmp_path, "a", "exact_match", questions(100))
    folder = tmp_path / "sets" / made.id
    meta = json.loads((folder / "set.json").read_text())
    halves = [json.loads(line)["split"] for line in (folder / "items.jsonl").read_text().split("\n")[:-1]]  # fmt: skip # noqa: E501
    order = list(range(100))
    random.Random(meta["split_seed"]).shuffle(order)
    assert [halves[i] for i in order] == ["dev", "report"] * 50


def test_a_name_that_is_taken_is_replaced_only_when_asked_to(tmp_path: Path) -> None:
    old = save_set(tmp_path, "a", "exact_match", questions(10))
    with pytest.raises(EvaluationError, match="called 'a' already"):
        save_set(tmp_path, "a", "exact_match", questions(12))
    assert read_sets(tmp_path) == (old,)
    new = save_set(tmp_path, "a", "exact_match", questions(12), replace=True)
    assert new.id != old.id
    assert read_sets(tmp_path) == (new,)
    assert save_set(tmp_path, "a", "exact_match", questions(12), replace=True) == new


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", "a\0b"])
def test_a_name_has_to_be_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvaluationError, match="needs a name"):
        save_set(tmp_path, name, "exact_match", questions(10))


@pytest.mark.parametrize("skill", ["own-1234", "../runs", "own-../../runs", "dates", "own-"])
def test_only_a_set_is_removed(tmp_path: Path, skill: str) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "sets" / "own-x").mkdir(parents=True)
    with pytest.raises(EvaluationError, match="gone already"):
        remove_set(tmp_path, skill)
    assert (tmp_path / "runs").is_dir()


def test_a_set_that_was_changed_on_disk_is_marked_and_not_used(tmp_path: Path) -> None:
    made = save_set(tmp_path, "a", "exact_match", questions(10))
    items = tmp_path / "sets" / made.id / "items.jsonl"
    text = items.read_text()
    items.write_text(text.replace("number 3", "number 33"))
    assert [saved.damaged for saved in read_sets(tmp_path)] == [True]
    assert eval_sets(tmp_path) == []
    save_set(tmp_path, "a", "exact_match", questions(10), replace=True)
    assert read_sets(tmp_path) == (made,)
    assert items.read_text() == text


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_donor(root / "full", save_tiny(root / "base", layers=1))
    return root


@pytest.fixture
def bench(models: Path, tmp_path: Path) -> Bench:
    donor = Donor(name="full", source=str(models / "full"))
    spec = MergeSpec(base=str(models / "base"), donors=(donor,), estimator="magnitude", rounds=2)
    bench = Bench(RunFolder.create(tmp_path / "runs", spec))
    skills = skills_of(spec, demo_sets())
    event = {"event": "check", "cards": [], "mergeable": True, "skills": skills}
    bench.folder.append(event)
    return bench


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "add_set", None)


def table(folder: Path, n: int, answer: str = "はい") -> str:
    rows = ["質問,回答", *(f"質問{i}は?,{answer}" for i in range(n)), ",空", "", "最後,"]
    path = folder / "faq.csv"
    path.write_bytes("\r\n".join(rows).encode("cp932"))
    return str(path)


COLUMNS = Columns("回答", "質問")


def add(bench: Bench, tmp_path: Path, n: int = 20, **more: object) -> str:
    job = AddSet(table(tmp_path, n), COLUMNS, "exact_match", "FAQ", **more)  # type: ignore[arg-type]
    run_set_job(bench, job, desk(bench))
    (saved,) = read_sets(bench.home)
    return saved.id


def test_the_run_in_hand_has_a_set_at_once_and_no_more(bench: Bench, tmp_path: Path) -> None:
    source = bench.spec.donors[0].source
    before = bench.skill_ids()
    skill = add(bench, tmp_path, donor=source)
    (own,) = [s for s in bench.reader.state().skills if s.id == skill]
    assert (own.title["ja"], own.donor, own.items) == ("FAQ", "full", 10)
    assert [saved.columns for saved in read_sets(bench.home)] == [COLUMNS]
    assert [e["event"] for _, e in bench.folder.events()].count("check") == 1
    run_set_job(bench, RemoveSet(skill), desk(bench))
    assert bench.skill_ids() == before
    with pytest.raises(EvaluationError, match="gone already"):
        run_set_job(bench, RemoveSet(skill), desk(bench))


def test_the_bundled_sets_of_others_give_way_to_own_ones(bench: Bench, tmp_path: Path) -> None:
    skill = add(bench, tmp_path)
    general = [s.id for s in demo_sets() if not s.donors]
    assert bench.skill_ids() == [*general, skill]


def test_a_set_of_another_donor_is_not_of_this_run(bench: Bench) -> None:
    made = save_set(bench.home, "a", "exact_match", questions(10), donor=("hub:o/n@abc", "N"))
    before = bench.skill_ids()
    update_skills(bench)
    assert bench.skill_ids() == before
    again = Donor(name="n", source="hub:o/n@def")
    spec = bench.spec.model_copy(update={"donors": (again,)})
    (own,) = [s for s in skills_of(spec, eval_sets(bench.home)) if s["id"] == made.id]
    assert own["donor"] == "n"


def test_scores_of_a_set_that_is_gone_or_replaced_are_not_shown(
    bench: Bench, tmp_path: Path
) -> None:
    skill = add(bench, tmp_path)
    run_evaluate(bench, Evaluate(("base",), (skill,), 40), desk(bench))
    shown = bench.reader.state()
    (score,) = shown.scores
    assert (score.skill, score.n) == (skill, 10)  # a dev half of fewer than 80 is drawn from whole
    other = add(bench, tmp_path, 22, replace=True)
    assert other != skill
    assert bench.reader.state().scores == ()
    add(bench, tmp_path, 20, replace=True)
    assert bench.reader.state().scores == (score,)  # the same set is back, and so is its score
    remove_set(bench.home, skill)  # as another run may
    state = bench.reader.state()
    assert state.scores == ()
    assert skill not in [s.id for s in state.skills]


def test_quick_draws_of_a_large_set_keep_to_odd_places(bench: Bench) -> None:
    save_set(bench.home, "a", "exact_match", questions(160))
    (evaluation,) = eval_sets(bench.home)
    dev = [item.id for item in load_items(evaluation.path, "dev")]
    assert [e.item.id for e in bench.encoded(evaluation, 999)] == dev[1::2]


def test_a_copy_of_a_run_keeps_its_sets(bench: Bench, tmp_path: Path) -> None:
    skill = add(bench, tmp_path)
    events = kept_events(bench.folder, bench.spec.model_copy(update={"rounds": 3}))
    last = [e["skills"] for e in events if "skills" in e][-1]
    assert skill in [s["id"] for s in last]


def test_a_preview_shows_prompts_as_the_model_sees_them(bench: Bench, tmp_path: Path) -> None:
    shown = read_preview(bench, Preview(table(tmp_path, 12), None, "exact_match"))
    assert (shown["columns"], shown["encoding"]) == (["質問", "回答"], "cp932")
    assert shown["mapping"] == COLUMNS
    assert (shown["usable"], shown["dev"], shown["report"]) == (12, 6, 6)
    count, problems = shown["problems"]
    assert count == 3
    assert [(line, str(reason)) for line, reason in problems] == [
        (14, "the prompt is empty"), (15, "the row is empty"), (16, "the answer is empty"),
    ]  # fmt: skip
    assert shown["first"][0] == (2, ["質問0は?", "はい"])
    assert len(shown["prompts"]) == 5
    assert "<|end|>" in CHAT_TEMPLATE
    expected = "<|user|>質問0は?<|end|><|assistant|>"
    assert shown["prompts"][0] == {"prompt": expected, "answer": "はい", "choices": []}
    assert shown["trouble"] is None


def test_a_preview_of_what_can_not_be_a_set_says_why(bench: Bench, tmp_path: Path) -> None:
    few = read_preview(bench, Preview(table(tmp_path, 3), COLUMNS, "exact_match"))
    assert "There are 3 questions" in few["trouble"]
    assert few["usable"] == 3
    none = read_preview(bench, Preview(table(tmp_path, 12), COLUMNS, "multiple_choice"))
    assert none["trouble"] == "Choose the columns that hold the choices."
    assert none["first"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"evaluator": "nonsense"}, "no evaluator called 'nonsense'"),
        ({"donor": "/gone"}, "not in this run"),
        ({"columns": Columns("回答", "x")}, "no column 'x'"),
        ({"file": "/gone.csv"}, "can't be read"),
    ],
)
def test_a_set_that_can_not_be_saved_says_why(
    bench: Bench, tmp_path: Path, more: dict[str, object], said: str
) -> None:
    facts = {"file": table(tmp_path, 12), "columns": COLUMNS, "evaluator": "exact_match"}
    job = AddSet(**facts | {"name": "n"} | more)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=said):
        run_set_job(bench, job, desk(bench))
    assert read_sets(bench.home) == ()
