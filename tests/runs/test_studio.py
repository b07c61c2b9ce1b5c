"""The whole job through `Studio` and a real worker process, on a tiny model."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from obim.errors import ObimError, RunError
from obim.models.export import hash_folder
from obim.models.temporary import make_temporary
from obim.runs.folder import RunFolder
from obim.runs.jobs import (
    Advance,
    Back,
    Calibrate,
    Cell,
    Chat,
    Check,
    Evaluate,
    Export,
    Inside,
    Job,
    Owners,
)
from obim.runs.reading import RunReader
from obim.runs.state import RunState
from obim.runs.studio import Studio
from obim.runs.switches import Switch, label_of
from obim.types import Donor, MergeSpec
from tests.tiny import save_adapter, save_donor, save_tiny
from ui import views
from ui.painting.frame import SCREENS, is_open
from ui.session import Session

ACTIVE = ("waiting", "running")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_tiny(root / "base", layers=2)
    save_donor(root / "full", root / "base", seed=3)
    save_adapter(root / "lora", root / "base", seed=4)
    (root / "texts.txt").write_text("the cat sat on the mat\nsend my invoice\n" * 8)
    return root


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("home"))
    yield studio
    studio.close()


def make_spec(models: Path, **more: Any) -> MergeSpec:
    texts = str(models / "texts.txt")
    donors = (
        Donor(name="full", source=str(models / "full"), calibration=texts),
        Donor(name="lora", source=str(models / "lora"), calibration=texts, scale=1.2),
    )
    return MergeSpec(base=str(models / "base"), **({"rounds": 3, "donors": donors} | more))


def settle(studio: Studio, run: str, seconds: float = 120) -> RunState:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = studio.state(run)
        if state.job is not None and state.job.status not in ACTIVE:
            return state
        time.sleep(0.02)
    raise AssertionError(f"the job did not end: {studio.state(run).job}")


def do(studio: Studio, run: str, job: Job) -> RunState:
    studio.submit(run, job)
    state = settle(studio, run)
    assert state.job is not None
    assert state.job.status == "done", state.job
    return state


def test_check_calibrate_merge_evaluate_export(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models))
    assert studio.current() == run
    state = do(studio, run, Check())
    assert state.mergeable
    assert state.scanned
    assert [c.kind for c in state.cards] == ["full", "full", "adapter"]
    assert state.cards[1].changed == pytest.approx(1.0, abs=0.01)
    state = do(studio, run, Calibrate())
    assert [s.donor for s in state.saliency] == ["full", "lora"]
    assert sum(t.change for t in state.saliency[0].tensors) == pytest.approx(1)
    assert all(0.1 <= t.top10 <= 1 for t in state.saliency[0].tensors)
    assert 0 < state.saliency[0].survival <= 1
    assert state.saliency[0].tokens > 0
    state = do(studio, run, Advance(4, "off"))
    assert [t.number for t in state.turns] == [1, 2, 3, 4]
    assert state.locked
    assert len(state.turns[0].claimed) == len(state.groups) == len(state.group_sizes)
    state = do(studio, run, Back(2))
    assert state.turn == 2
    state = do(studio, run, Advance(99, "off"))
    assert state.turn == 6
    if state.skills:
        skill = state.skills[0].id
        state = do(studio, run, Evaluate(("base", "full", "merged", "linear"), (skill,), 3))
        assert {s.model for s in state.scores} == {"base", "full", "merged", "linear"}
    state = do(studio, run, Export("out", "bfloat16", 1_000_000))
    (export,) = state.exports
    assert export.identical
    assert hash_folder(Path(export.path)) == export.content_hash
    assert str(models) not in (Path(export.path) / "README.md").read_text()
    assert json.loads(state.model_dump_json())["turn"] == 6


def test_a_cell_and_a_chat(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models, estimator="magnitude"))
    name = "model.layers.0.self_attn.q_proj.weight"
    cell = studio.read(run, Cell(name, 1), 60)
    assert cell["shape"] == [16, 16]
    assert sum(cell["histogram"]["counts"]) + cell["zeros"] == 256
    answer = studio.read(run, Chat("full", "hello", 4), 60)
    assert isinstance(answer["text"], str)
    assert answer["stopped"]  # the tiny model never ends an answer
    for bad in (Cell("nothing", 0), Cell(name, 7), Chat("nobody", "x"), Chat("base", " ")):
        with pytest.raises(ObimError):
            studio.read(run, bad, 60)


def test_a_tensor_and_its_owners_through_the_worker(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models, estimator="magnitude"))
    names = [f"model.layers.{i}.self_attn.q_proj.weight" for i in (0, 1)]
    assert sum(studio.read(run, Inside(names[0]), 60)["totals"]) == 256
    do(studio, run, Advance(2, "off"))
    each = [studio.read(run, Inside(name, "got"), 60)["totals"] for name in names]
    (module,) = [m for m in studio.read(run, Owners(), 60)["modules"] if m["name"] == "q_proj"]
    assert [sum(n) for n in zip(*each, strict=True)][1:] == module["owned"]
    assert min(module["owned"]) > 0


def test_failures_are_sentences(studio: Studio, models: Path) -> None:
    donors = (Donor(name="full", source=str(models / "full")),)
    run = studio.create(MergeSpec(base=str(models / "base"), donors=donors))
    studio.submit(run, Calibrate())
    state = settle(studio, run)
    assert state.job is not None
    assert state.job.status == "failed"
    assert "calibration texts" in state.job.error
    for bad in ("", "../x", "20260101-000000-abcdef"):
        with pytest.raises(RunError):
            studio.state(bad)


def test_a_fork_of_an_old_run_does_not_sweep_it(
    studio: Studio, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec(models)
    run = studio.create(spec)
    studio.create(spec)  # now the first is not the current one
    monkeypatch.setattr("obim.runs.sweeping.OLD", -1.0)
    fork = studio.fork(run, spec.model_copy(update={"rounds": 2}))
    assert studio.state(fork).spec.rounds == 2
    assert studio.state(run).spec == spec


def test_a_fork_keeps_what_holds(studio: Studio, models: Path) -> None:
    spec = make_spec(models)
    run = studio.create(spec)
    do(studio, run, Check())
    do(studio, run, Calibrate())
    fork = studio.fork(run, spec.model_copy(update={"rounds": 2}))
    state = studio.state(fork)
    assert state.spec.rounds == 2
    assert state.scanned
    assert state.saliency
    assert not state.locked
    assert do(studio, fork, Advance(4, "off")).turn == 4


def test_a_donor_is_switched_off_and_the_merge_without_it_is_built(
    studio: Studio, models: Path
) -> None:
    spec = make_spec(models)
    run = studio.create(spec)
    for job in (Check(), Calibrate(), Advance(6, "off")):
        do(studio, run, job)
    off = label_of([Switch(donor="full"), Switch(donor="lora", modules=("down_proj",))])
    answers = {m: studio.read(run, Chat(m, "the cat", 4))["text"] for m in ("merged", off)}
    assert answers == {m: studio.read(run, Chat(m, "the cat", 4))["text"] for m in answers}
    fork = studio.fork(run, spec.model_copy(update={"donors": spec.donors[1:]}))
    state = studio.state(fork)
    assert state.mergeable
    assert state.scanned
    assert [summary.donor for summary in state.saliency] == ["lora"]
    assert is_open(state, Session(), SCREENS.index("merge"))
    assert do(studio, fork, Advance(3, "off")).turn == 3


def test_other_patterns_before_the_first_turn_leave_the_page_whole(
    studio: Studio, models: Path
) -> None:
    spec = make_spec(models)
    run = studio.create(spec)
    do(studio, run, Check())
    whole = do(studio, run, Calibrate())
    fork = studio.fork(run, spec.model_copy(update={"exclude": ("*embed*", "lm_head*")}))
    before = studio.state(fork)
    assert before.mergeable
    assert before.scanned
    assert before.skills == whole.skills
    assert before.saliency
    assert views.page(before, Session(screen=3), ())["occupancy"]["state"] == "empty"
    assert [(s.survival, s.norm_kept, s.tensors[0].survival) for s in before.saliency] == [
        (None, None, None)
    ] * 2
    state = do(studio, fork, Advance(1, "off"))
    kept = {t.tensor: t.survival for t in state.saliency[0].tensors}
    assert kept["model.embed_tokens.weight"] is None
    assert (kept["model.norm.weight"] or 0) > 0
    assert ("embed", None) in whole.groups
    assert ("embed", None) not in state.groups
    assert 0 < sum(state.group_sizes) < sum(whole.group_sizes)
    shown = views.page(state, Session(screen=3), ())
    assert shown["occupancy"]["state"] == "ready"
    assert shown["step"]["interactive"]


def test_the_first_turn_sums_saliency_up_too(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models, estimator="random"))
    state = do(studio, run, Advance(1, "off"))
    assert [s.donor for s in state.saliency] == ["full", "lora"]


def test_busy_and_stop(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models, rounds=100))
    studio.submit(run, Advance(200, "off"))
    with pytest.raises(RunError, match="under way"):
        studio.submit(run, Check())
    while studio.state(run).turn < 3:
        time.sleep(0.01)
    studio.stop(run)
    state = settle(studio, run)
    assert state.job is not None
    assert state.job.status == "stopped"
    assert 3 <= state.turn < 200


def test_a_check_gives_way_to_another_run(models: Path, tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    try:
        first = studio.create(make_spec(models))
        studio.submit(first, Check())
        second = studio.create(make_spec(models, rounds=100))
        studio.submit(second, Check())
        studio.submit(second, Check())
        assert settle(studio, first).job.status in ("stopped", "done")  # type: ignore[union-attr]
        assert settle(studio, second).scanned
        studio.submit(second, Advance(200, "off"))
        for act in (studio.create, lambda spec: studio.fork(first, spec)):
            with pytest.raises(RunError, match="under way"):
                act(make_spec(models))
        studio.stop(first)
        assert studio.current() == second
        studio.stop()
        assert settle(studio, second).job.status == "stopped"  # type: ignore[union-attr]
    finally:
        studio.close()


def test_a_check_again_sees_new_files_and_keeps_the_turns(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "base", tmp_path / "donor")
    donors = (Donor(name="full", source=str(tmp_path / "donor")),)
    spec = make_spec(models, donors=donors, estimator="magnitude")
    run = studio.create(spec)
    assert do(studio, run, Check()).cards[1].changed == 0
    save_donor(tmp_path / "donor", models / "base", seed=5)
    state = do(studio, run, Check())
    assert state.cards[1].changed == pytest.approx(1.0, abs=0.01)
    turns = do(studio, run, Advance(2, "off")).turns
    state = do(studio, run, Check())
    assert state.turns == turns
    assert state.scanned
    assert do(studio, run, Back(1)).turn == 1


def test_a_check_that_is_running_is_stopped(studio: Studio, models: Path) -> None:
    run = studio.create(make_spec(models))
    studio.submit(run, Check())
    with pytest.raises(RunError, match="under way"):
        studio.fork(run, make_spec(models))
    with pytest.raises(RunError, match="under way"):
        studio.submit(run, Calibrate())
    other = studio.create(make_spec(models))
    assert settle(studio, run).job.status == "stopped"  # type: ignore[union-attr]
    assert do(studio, other, Check()).scanned


def test_a_new_run_sweeps_and_few_readers_are_kept(
    studio: Studio, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obim.runs.studio._READERS", 2)
    monkeypatch.setattr("obim.runs.sweeping.OLD", -1.0)
    runs = [studio.create(make_spec(models)) for _ in range(3)]
    with pytest.raises(RunError, match="no run"):
        studio.state(runs[0])
    monkeypatch.setattr("obim.runs.sweeping.OLD", 1e9)
    runs = [studio.create(make_spec(models)) for _ in range(3)]
    for run in runs:
        studio.state(run)
    assert list(studio._readers) == runs[1:]


def test_a_home_has_one_studio(tmp_path: Path) -> None:
    first = Studio(tmp_path / "a")
    try:
        with pytest.raises(RunError, match="--home"):
            Studio(tmp_path / "a")
        Studio(tmp_path / "b").close()
        child = "import pathlib, sys, obim; obim.Studio(pathlib.Path(sys.argv[1]))"
        command = [sys.executable, "-c", child, str(tmp_path / "a")]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Another OBIM Studio works in" in refused.stderr
    finally:
        first.close()
    Studio(tmp_path / "a").close()


def test_a_start_removes_what_killed_processes_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBIM_HOME", str(tmp_path / "cache"))
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    left = []
    for folder in ("runs", "exports", "cache/demo"):
        for pid in (dead.pid, os.getpid()):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            with monkeypatch.context() as patch:
                patch.setattr(os, "getpid", lambda pid=pid: pid)
                left.append(make_temporary(tmp_path / folder))
            (left[-1] / "model.safetensors").touch()
        (tmp_path / folder / ".notes").mkdir()
    Studio(tmp_path).close()
    assert [path.exists() for path in left] == [False, True] * 3
    assert (tmp_path / "exports" / ".notes").exists()


def test_a_home_that_is_no_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="can't be written to"):
        Studio(tmp_path / "file" / "home")


def test_killed_worker_resumes_with_the_same_bits(models: Path, tmp_path: Path) -> None:
    spec = make_spec(models, rounds=60, estimator="magnitude")
    studio = Studio(tmp_path / "a")
    try:
        run = studio.create(spec)
        studio.submit(run, Advance(120, "off"))
        while studio.state(run).turn < 5:
            time.sleep(0.005)
        (worker,) = [
            p
            for p in psutil.Process().children()
            if [float(p.pid), p.create_time()]
            == json.loads((tmp_path / "a/runs" / run / "progress.json").read_text())["process"]
        ]
        os.kill(worker.pid, signal.SIGKILL)
        state = settle(studio, run)
        assert state.job is not None
        assert state.job.status == "interrupted"
        assert 5 <= state.turn < 120
        studio.close()
        studio = Studio(tmp_path / "a")
        assert studio.state(run).turn == state.turn
        assert do(studio, run, Advance(120, "off")).turn == 120
        killed = do(studio, run, Export("killed", "bfloat16")).exports[0].content_hash
        whole = studio.create(spec)
        do(studio, whole, Advance(120, "off"))
        assert do(studio, whole, Export("whole", "bfloat16")).exports[0].content_hash == killed
        before = (tmp_path / "a/runs" / run / "owner.u8").read_bytes()
        assert before == (tmp_path / "a/runs" / whole / "owner.u8").read_bytes()
        assert RunReader(RunFolder(tmp_path / "a/runs" / run)).state().turn == 120
    finally:
        studio.close()
