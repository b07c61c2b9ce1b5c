"""What was scored once costs nothing again; what is of other models or items is never shown."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from obim.evaluation.items import EvalSet
from obim.runs import fingerprints, flips, placing, score_keys, scoring
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.evaluating import run_evaluate
from obim.runs.fingerprints import Fingerprints, forget_gone
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Evaluate
from obim.runs.noticing import notice_changes
from obim.runs.score_cache import SCORES, UNUSED, prune
from obim.runs.score_keys import Scored
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny

ALL = ("base", "full", "linear", "ties", "obim:random", "merged")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    save_donor(tmp_path / "full", save_tiny(tmp_path / "base", layers=1))
    write_items(tmp_path, "x")
    return tmp_path


def write_items(root: Path, answer: str) -> None:
    lines = [
        json.dumps({"id": f"{half}-{i}", "prompt": f"number {i}", "answer": answer, "split": half})
        for half in ("dev", "report")
        for i in range(8)
    ]
    (root / "items.jsonl").write_text("\n".join(lines))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a model really was asked."""
    asked: list[str] = []
    real = scoring.judge

    def judge(bench: Bench, skill: str, *rest: object) -> object:
        asked.append(str(rest[-1]))
        return real(bench, skill, *rest)

    monkeypatch.setattr(scoring, "judge", judge)
    return asked


def begin(root: Path, monkeypatch: pytest.MonkeyPatch, base: str = "base", **spec: object) -> Bench:
    sets = {"a": EvalSet("a", {"en": "A"}, root / "items.jsonl")}
    monkeypatch.setattr(Bench, "sets", lambda self: sets)
    monkeypatch.setattr(Bench, "skill_ids", lambda self: ["a"])
    donor = Donor(name="full", source=str(root / "full"), density=0.4)
    made = MergeSpec(
        base=str(root / base), donors=(donor,),
        **{"estimator": "magnitude", "dtype": "float32", "rounds": 2} | spec,
    )  # fmt: skip
    bench = Bench(RunFolder.create(root / "home" / "runs", made))
    notice_changes(bench)
    return bench


def desk(bench: Bench) -> Desk:
    return Desk.open(bench.folder, "evaluate", None)


def evaluate(bench: Bench, models: tuple[str, ...] = ALL) -> None:
    run_evaluate(bench, Evaluate(models, ("a",)), desk(bench))


def test_another_run_of_the_same_asks_no_model(
    root: Path, monkeypatch: pytest.MonkeyPatch, judged: list[str]
) -> None:
    first = begin(root, monkeypatch)
    run_advance(first, Advance(2, "off"), desk(first))
    evaluate(first)
    assert len(judged) == len(ALL)
    (root / "base").rename(root / "moved")
    for path in (root / "moved").iterdir():
        os.utime(path, (1, 1))  # another place, another time: the contents are the same
    second = begin(root, monkeypatch, base="moved")
    run_advance(second, Advance(2, "off"), desk(second))
    evaluate(second)
    assert len(judged) == len(ALL)
    told = [
        {(s.model, s.turn): (s.score, s.low, s.high) for s in bench.reader.state().scores}
        for bench in (first, second)
    ]
    assert told[0] == told[1]


def test_other_settings_are_other_merges_but_no_other_donors(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keys(**spec: object) -> dict[str, str]:
        bench = begin(root, monkeypatch, **spec)
        chosen, scored = bench.sets()["a"], Scored(bench)
        encoded = bench.encoded(chosen, None)
        return {m: scored.key(m, chosen, encoded, 2 if m == "merged" else None) for m in ALL}

    stock = keys()
    assert len(set(stock.values())) == len(ALL)

    def differ(**spec: object) -> set[str]:
        return {m for m, key in keys(**spec).items() if key != stock[m]}

    assert differ() == set()
    assert differ(rounds=3) == {"merged", "obim:random"}
    assert differ(seed=1) == {"merged", "obim:random", "linear", "ties"}
    assert differ(exclude=("*norm*",)) == {"merged", "obim:random", "linear", "ties"}
    assert differ(dtype="bfloat16") == set(ALL)


def test_changed_models_are_scored_anew_and_their_old_scores_go(
    root: Path, monkeypatch: pytest.MonkeyPatch, judged: list[str]
) -> None:
    bench = begin(root, monkeypatch)
    evaluate(bench, ("base", "full", "linear"))
    path = root / "full" / "model.safetensors"
    tensors = {k: v + torch.ones_like(v) for k, v in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})
    notice_changes(bench)
    assert bench.reader.state().scores == ()
    judged.clear()
    evaluate(bench, ("base", "full", "linear"))
    assert judged == ["full · a", "linear · a"]


def test_changed_items_are_scored_anew_and_their_old_scores_go(
    root: Path, monkeypatch: pytest.MonkeyPatch, judged: list[str]
) -> None:
    bench = begin(root, monkeypatch)
    evaluate(bench, ("base",))
    write_items(root, "another answer")
    notice_changes(bench)
    assert bench.reader.state().scores == ()
    evaluate(bench, ("base",))
    assert judged == ["base · a"] * 2
    write_items(root, "x")
    notice_changes(bench)
    evaluate(bench, ("base",))
    assert len(judged) == 2  # the old items again: known


def test_a_torn_entry_is_scored_anew(
    root: Path, monkeypatch: pytest.MonkeyPatch, judged: list[str]
) -> None:
    evaluate(begin(root, monkeypatch), ("base",))
    (path,) = (root / "home" / SCORES).glob("??/*.json")
    path.write_text(path.read_text()[:20])
    evaluate(begin(root, monkeypatch), ("base",))
    assert judged == ["base · a"] * 2


def test_what_nobody_asks_for_goes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(begin(root, monkeypatch), ("base", "full"))
    old, kept = (root / "home" / SCORES).glob("??/*.json")
    past = old.stat().st_mtime - UNUSED - 60
    os.utime(old, (past, past))
    prune(root / "home" / SCORES)
    assert not old.exists()
    assert kept.exists()


def test_hashes_of_files_that_are_gone_go(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memo, paths = tmp_path / "memo.json", [tmp_path / f"{i}.txt" for i in range(5)]
    known = Fingerprints(memo)
    for path in paths:
        path.write_text(path.name)
        known.file(path)
    paths[1].unlink()
    paths[0].write_text("another text")
    known.file(paths[0])  # read last now
    monkeypatch.setattr(fingerprints, "REMEMBERED", 3)
    forget_gone(memo)
    assert [Path(name).name for name in json.loads(memo.read_text())] == ["3.txt", "4.txt", "0.txt"]
    again = Fingerprints(memo)
    assert again.file(paths[0]) == hashlib.sha256(b"another text").hexdigest()


def test_a_score_is_of_the_code_that_judged(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder, text in zip(folders, ("x = 1", "x = 1", "x = 2"), strict=True):
        folder.mkdir()
        (folder / "judge.py").write_text(text)
    same, alike, other = map(score_keys.code_digest, folders)
    assert same == alike != other
    bench = begin(root, monkeypatch)
    chosen = bench.sets()["a"]
    before = Scored(bench).key("base", chosen, bench.encoded(chosen, None), None)
    monkeypatch.setattr(score_keys, "code_digest", lambda folder: other)
    assert Scored(bench).key("base", chosen, bench.encoded(chosen, None), None) != before


def test_a_model_that_falls_back_to_the_cpu_is_scored_as_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key(cuda: int) -> str:
        bench = begin(root, monkeypatch)
        bench.device = torch.device("cuda")  # it is only asked how much is free there
        free = {"cuda": cuda, "cpu": 10**12}
        monkeypatch.setattr(placing, "free_memory", lambda device: free[device.type])
        chosen = bench.sets()["a"]
        found = Scored(bench).key("base", chosen, bench.encoded(chosen, None), None)
        free["cuda"] = 10**12 - cuda
        assert Scored(bench).key("base", chosen, bench.encoded(chosen, None), None) == found
        return found

    plain = begin(root, monkeypatch)
    chosen = plain.sets()["a"]
    assert key(cuda=0) == Scored(plain).key("base", chosen, plain.encoded(chosen, None), None)
    assert key(cuda=10**12) != key(cuda=0)


def test_asked_again_nothing_is_written_or_answered(
    root: Path, monkeypatch: pytest.MonkeyPatch, judged: list[str]
) -> None:
    bench = begin(root, monkeypatch)
    run_advance(bench, Advance(2, "off"), desk(bench))
    evaluate(bench)
    answers: list[str] = []
    monkeypatch.setattr(flips, "_answers", lambda *_: answers.append("asked"))
    scores = bench.reader.state().scores
    judged.clear()
    evaluate(bench)
    assert (judged, answers) == ([], [])
    assert bench.reader.state().scores == scores
