"""A run folder after accidents, what a fork keeps, and a card that a hostile name can't break."""

import ast
import errno
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from obim.errors import ExportError, RunError
from obim.runs.card import write_card
from obim.runs.demo_skills import demo_skills
from obim.runs.exporting import check_name
from obim.runs.filing import replace_text
from obim.runs.folder import PROGRESS, RunFolder
from obim.runs.forking import kept_events
from obim.runs.naming import group_of, groups_of, layer_of, module_of
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.runs.statistics_needed import stats_key
from obim.runs.sweeping import OLD, sweep
from obim.types import Donor, Dtype, MergeSpec

SPEC = MergeSpec(base="/private/place/base", donors=(Donor(name="a|b\n<b>", source="/private/a"),))
TURN = {"number": 1, "round": 1, "donor": 0, "claimed": [3], "short": 0, "seconds": 0.1}


def turn(number: int) -> dict[str, object]:
    return {"event": "turn", "turn": TURN | {"number": number}}


def test_an_unfinished_line_is_ignored_and_mended(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    folder.append(turn(1), turn(2), durable=True)
    with (folder.path / "journal.jsonl").open("a") as stream:
        stream.write('{"event": "tu')
    assert RunReader(folder).state().turn == 2
    folder.mend()
    folder.append(turn(3))
    assert RunReader(folder).state().turn == 3


def test_a_damaged_journal_is_said(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    (folder.path / "journal.jsonl").write_text("{}\n")
    with pytest.raises(RunError, match="damaged"):
        RunReader(folder).state()
    (folder.path / "journal.jsonl").write_text("nonsense\n")
    with pytest.raises(RunError, match="damaged"):
        RunReader(folder).state()


def test_back_and_revision(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    reader = RunReader(folder)
    seen = [reader.state().revision]
    for event in (turn(1), turn(2), {"event": "back", "turn": 1}):
        folder.append(event)
        seen.append(reader.state().revision)
    folder.write_progress(kind="back", status="done")
    seen.append(reader.state().revision)
    assert reader.state().turn == 1
    assert seen == sorted(set(seen))


def test_a_job_without_a_living_worker_is_interrupted(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    folder.write_progress(kind="advance", status="running", process=[2**22 - 1, 1.0])
    job = RunReader(folder).state().job
    assert job is not None
    assert job.status == "interrupted"
    assert job.error
    assert json.loads((folder.path / PROGRESS).read_text())["seq"] == 1


@pytest.mark.parametrize("torn", [b"", b"\0" * 64, b'{"seq": 3, "kin', b"\xff\xfe"])
def test_a_torn_progress_file_costs_only_the_last_job(tmp_path: Path, torn: bytes) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    folder.append(turn(1))
    (folder.path / PROGRESS).write_bytes(torn)
    state = RunReader(folder).state()
    assert state.turn == 1
    assert state.job is None
    folder.write_progress(kind="check", status="done")
    assert folder.progress()["kind"] == "check"


def test_spec_and_current_run_reach_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace, rename = os.fsync, os.replace, Path.rename
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("name"), replace(a, b)))
    monkeypatch.setattr(Path, "rename", lambda a, b: (done.append("name"), rename(a, b))[1])
    RunFolder.create(tmp_path, SPEC)
    replace_text(tmp_path / "current", "x", durable=True)
    assert done == ["sync", "name"] * 2


def test_old_runs_without_a_turn_are_swept_away(tmp_path: Path) -> None:
    def made(*events: dict[str, object], age: float = 2 * OLD) -> str:
        folder = RunFolder.create(tmp_path, SPEC)
        folder.append(*events)
        folder.write_progress(kind="check", status="done")
        for file in folder.path.iterdir():
            os.utime(file, (time.time() - age,) * 2)
        return folder.id

    empty, young = made({"event": "check"}), made(age=OLD / 2)
    named, merged, exported = made(), made(turn(1)), made({"event": "export"})
    undone = made(turn(1), {"event": "back", "turn": 0})
    (tmp_path / "notes").mkdir()
    assert sweep(tmp_path, {named}) == [empty]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {young, named, merged, exported, undone, "notes"}


def test_owner_maps_are_one_file(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    folder.owner_maps([("a", 3), ("b", 4)])["b"][1] = 7
    again = folder.owner_maps([("a", 3), ("b", 4)])
    assert again["b"].tolist() == [0, 7, 0, 0]
    assert again["a"].dtype == np.uint8
    with pytest.raises(RunError, match="changed"):
        folder.owner_maps([("a", 3)])


def test_an_owner_map_has_all_its_room_or_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder.create(tmp_path, SPEC)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("obim.runs.folder.os.posix_fallocate", full)
        with pytest.raises(OSError, match="No space"):
            folder.owner_maps([("a", 10**6)])
    assert not folder.has_owner_map
    folder.owner_maps([("a", 10**6)])
    assert 512 * (folder.path / "owner.u8").stat().st_blocks >= 10**6


def test_a_fork_leaves_behind_what_no_longer_holds(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    score = {"model": "base", "turn": None}
    for kind in ("check", "needs", "groups", "saliency", "prepared", "turn"):
        folder.append({"event": kind})
    folder.append({"event": "score", "score": score})
    folder.append({"event": "score", "score": {"model": "merged", "turn": 1}})

    def kinds(**change: object) -> list[str]:
        return [e["event"] for e in kept_events(folder, SPEC.model_copy(update=change))]

    assert kinds(rounds=3) == ["check", "needs", "groups", "saliency", "prepared", "score"]
    assert kinds(dtype="float32") == ["check", "groups", "saliency"]
    assert kinds(estimator="magnitude") == ["check", "needs", "groups", "score"]
    assert kinds(exclude=("*norm*",)) == ["check", "saliency", "score"]
    assert kinds(base="other") == []
    assert kinds(seed=1) == ["check", "needs", "groups", "saliency", "prepared"]
    lots = SPEC.model_copy(update={"estimator": "random"})
    own = tuple(d.model_copy(update={"calibration": "self"}) for d in SPEC.donors)
    for spec in (lots, SPEC.model_copy(update={"donors": own})):
        other = RunFolder.create(tmp_path, spec)
        other.append({"event": "check"}, {"event": "saliency"}, {"event": "prepared"})
        after = spec.model_copy(update={"seed": 1})
        assert [e["event"] for e in kept_events(other, after)] == ["check"]


def test_a_fork_knows_the_files_that_its_scores_are_of(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    files = {"event": "files", "files": {SPEC.base: "old"}}
    folder.append(files)
    assert kept_events(folder, SPEC.model_copy(update={"dtype": "float32"})) == [files]


def test_a_fork_forgets_scores_of_sets_that_are_others_by_now(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    score = {
        "model": "base", "turn": None, "evaluator": "exact_match", "quick": True, "n": 2,
        "score": 0.5, "low": 0.2, "high": 0.8, "mean_tokens": 4.0,
    }  # fmt: skip
    for skill in ("a", "b"):
        folder.append({"event": "sets", "sets": {skill: "old"}})
        given = {"score": score | {"skill": skill}, "items": {"1": 0, "2": 1}}
        folder.append({"event": "score", **given})
    fork = RunFolder.create(tmp_path, SPEC.model_copy(update={"rounds": 3}))
    fork.append(*kept_events(folder, fork.spec()))

    def scored() -> set[str]:
        return {one.skill for one in RunReader(fork).state().scores}

    assert scored() == {"a", "b"}
    fork.append({"event": "sets", "sets": {"a": "new", "b": "old"}})
    assert scored() == {"b"}


def test_the_seed_counts_for_statistics_of_own_texts_only() -> None:
    def keys(calibration: str) -> set[str]:
        donor = SPEC.donors[0].model_copy(update={"calibration": calibration})
        spec = SPEC.model_copy(update={"donors": (donor,)})
        return {stats_key(spec.model_copy(update={"seed": seed}), 0) for seed in (1, 2)}

    assert len(keys("demo:dates")) == 1
    assert len(keys("self")) == 2


@pytest.mark.parametrize("changed", ["base", "a"])
@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_statistics_do_not_outlive_the_files_they_were_measured_on(
    tmp_path: Path, changed: str, file: str
) -> None:
    for name in ("base", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("old")
    donor = Donor(name="a", source=str(tmp_path / "a"), calibration="demo:dates")
    spec = MergeSpec(base=str(tmp_path / "base"), donors=(donor,))
    before = stats_key(spec, 0)
    (tmp_path / changed / "README.md").write_text("more words")
    assert stats_key(spec, 0) == before
    os.utime(tmp_path / changed / file, ns=(1, 1))
    assert stats_key(spec, 0) != before


def test_the_card_shows_no_path_and_no_markup(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    card = write_card(RunReader(folder).state(), "out", "bfloat16", ["none"])
    assert "/private" not in card
    assert "\\<b\\>" in card
    assert "a\\|b" in card
    assert "No calibration data was used: the estimator `layerwise` looks at none." in card
    assert "Not evaluated" in card


def test_the_card_asks_the_folder_as_the_page_does(tmp_path: Path) -> None:
    donor = Donor(name="mine", source="demo:mails", calibration="demo:mails")
    folder = RunFolder.create(tmp_path, MergeSpec(base="demo:base", donors=(donor,)))
    card = write_card(RunReader(folder).state(), "out", "bfloat16", ["none"])
    code = card.partition("```python\n")[2].partition("```")[0]
    calls = {
        node.func.id: node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert ast.literal_eval(calls["pipeline"].args[1]) == "./out"
    assert {k.arg: ast.literal_eval(k.value) for k in calls["ask"].keywords} == {
        "do_sample": False,
        "max_new_tokens": 64,
    }
    assert demo_skills()["demo:mails"].prompt in code


def test_the_card_says_where_the_recipe_gives_other_weights(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, SPEC)
    folder.append(turn(1))
    state = RunReader(folder).state()

    def recipe(state: RunState, dtype: Dtype) -> str:
        return write_card(state, "out", dtype, ["none"]).partition("## Recipe")[2]

    early = recipe(state, "bfloat16")
    assert "after all 10 turns, while this folder holds turn 1." in early
    assert "but in" not in early
    whole = state.model_copy(update={"turn": 10})
    assert "again, but in bfloat16, while this folder holds float32." in recipe(whole, "float32")
    plain = recipe(whole, "bfloat16")
    assert "makes the same weights again.\n" in plain
    assert "as they were given" in plain


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "x" * 99, "a\nb", " a", "C:\\x"])
def test_names_that_are_no_names(name: str) -> None:
    with pytest.raises(ExportError):
        check_name(name)


def test_names_on_screen() -> None:
    q, ln = "model.layers.10.self_attn.q_proj.weight", "transformer.h.3.attn.c_proj.bias"
    assert (layer_of(q), module_of(q)) == (10, "q_proj")
    assert (layer_of(ln), module_of(ln)) == (3, "attn.c_proj.bias")
    names = [
        "lm_head.weight",
        "model.norm.weight",
        q,
        "model.layers.2.a",
        "model.embed_tokens.weight",
    ]
    assert groups_of(names) == [
        ("embed", None), ("layer", 2), ("layer", 10), ("norm", None), ("head", None),
    ]  # fmt: skip
    assert group_of("x.weird") == ("other", None)
    assert module_of("model.layers.0.mlp.experts.3.w1.weight") == "mlp.experts.3.w1"
