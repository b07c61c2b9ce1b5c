"""What is told before a merge: it follows headers and settings, and too little is refused."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from obim import cli
from obim.errors import ExportError
from obim.models.disk import Pace
from obim.runs import advancing, foreseeing, measuring
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.folder import OWNER, RunFolder
from obim.runs.foreseeing import foresee_command, foresee_run, require_room_for_run
from obim.runs.jobs import Advance, Export
from obim.runs.recipe import dump_recipe
from obim.types import Donor, MergeSpec
from tests.tiny import TEXTS, save_adapter, save_donor, save_tiny

PACE = Pace(write=1.0, back=10.0, read=100.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    base = save_tiny(root / "base", layers=1)
    save_donor(root / "full", base, seed=3)
    save_adapter(root / "lora", base, seed=4)
    (root / "texts.txt").write_text("\n".join(TEXTS))
    return root


@pytest.fixture(autouse=True)
def paces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk and a processor of known speed."""
    monkeypatch.setattr(foreseeing, "measure_pace", lambda _: PACE)
    monkeypatch.setattr(foreseeing, "seconds_to_merge", lambda *_: 5.0)
    monkeypatch.setattr(foreseeing, "_seconds_per_operation", lambda: 1e-3)


def spec_of(models: Path, **more: object) -> MergeSpec:
    donors = tuple(
        Donor(name=n, source=str(models / n), calibration=str(models / "texts.txt"))
        for n in ("full", "lora")
    )
    settings = {"rounds": 2, "estimator": "magnitude"} | more
    return MergeSpec(base=str(models / "base"), donors=donors, **settings)  # type: ignore[arg-type]


def bench_of(root: Path, models: Path, **more: object) -> Bench:
    return Bench(RunFolder.create(root / "runs", spec_of(models, **more)))


def leave_free(monkeypatch: pytest.MonkeyPatch, nbytes: float) -> None:
    """So many free bytes on every disk."""
    monkeypatch.setattr(
        "obim.models.disk.shutil.disk_usage", lambda _: SimpleNamespace(free=nbytes)
    )


def test_files_are_counted_from_headers(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreseeing.time, "perf_counter", lambda: 1007.0)
    bench = bench_of(tmp_path, models)
    lora = bench.donors[1].parameters
    n = bench.base.parameters
    told = foresee_command(bench, tmp_path / "out", began=1000.0, owner_map=False)
    read, wrote = 4 * n + 4 * n + 4 * lora, 2 * n  # base and donor in float32, out in bfloat16
    assert told.seconds == pytest.approx(7 + 5 + 100 * read + (1 + 10) * wrote)
    assert (told.disk, told.measuring) == (wrote, 0.0)
    mapped = foresee_command(bench, tmp_path / "out", began=1000.0, owner_map=True)
    assert mapped.disk == wrote + n  # one byte a position
    run = foresee_run(bench, tmp_path / "exports")
    assert run.disk == wrote + n + n  # the owner map of the run, and that of the export
    assert run.seconds == pytest.approx(5 + 100 * read + (1 + 10) * wrote)
    assert run.memory > told.memory


def test_the_disk_told_is_the_disk_taken(tmp_path: Path, models: Path) -> None:
    bench = bench_of(tmp_path, models)
    told = foresee_run(bench, tmp_path / "exports")
    desk = Desk.open(bench.folder, "advance", None)
    run_advance(bench, Advance(99, "off"), desk)
    from obim.runs.exporting import run_export

    run_export(bench, Export("out", "bfloat16"), desk, tmp_path / "exports")
    weights = (tmp_path / "exports" / "out" / "model.safetensors").stat().st_size
    owner = (bench.folder.path / OWNER).stat()
    assert owner.st_size <= 512 * owner.st_blocks  # no hole that a full disk could not fill
    packed = (tmp_path / "exports" / "out" / "owner_map.npz").stat().st_size
    header = weights + 2 * owner.st_size - told.disk
    assert 0 < header < 4096
    assert packed < owner.st_size + 512 * len(bench.sizes())  # names and headers of its arrays


def test_texts_that_are_not_measured_take_time(tmp_path: Path, models: Path) -> None:
    bench = bench_of(tmp_path, models, estimator="layerwise", calibration_tokens=100)
    twice = bench_of(tmp_path, models, estimator="layerwise", calibration_tokens=1100)
    first, second = (foresee_run(b, tmp_path).measuring for b in (bench, twice))
    each = 2 * bench.base.parameters * 1e-3  # two operations a weight and token
    assert second - first == pytest.approx(2 * 1000 * each)  # of two donors
    measuring.measure_all(bench, Desk.open(bench.folder, "calibrate", None))
    assert foresee_run(bench, tmp_path).measuring == 0
    assert foresee_command(bench, tmp_path / "out", 0.0, True).measuring == 0


def test_what_a_worker_holds_of_this_run_is_not_counted_twice(tmp_path: Path, models: Path) -> None:
    bench = bench_of(tmp_path, models)
    before = foresee_run(bench, tmp_path)
    run_advance(bench, Advance(1, "off"), Desk.open(bench.folder, "advance", None))
    after = foresee_run(bench, tmp_path)
    assert after.memory == pytest.approx(before.memory, abs=100 * 2**20)


def test_little_memory_and_little_disk_are_told(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(tmp_path, models)
    assert foresee_run(bench, tmp_path).enough_memory
    monkeypatch.setattr(
        "obim.models.device.psutil.virtual_memory", lambda: SimpleNamespace(available=1000)
    )
    assert not foresee_run(bench, tmp_path).enough_memory
    leave_free(monkeypatch, 1000)
    short = foresee_run(bench, tmp_path)
    assert not short.enough_disk
    assert short.seconds is None
    assert short.disk_free == 1000


def test_a_run_begins_with_room_for_the_owner_map_and_the_export(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(tmp_path, models)
    margin, n = 16 * 2**20, bench.base.parameters
    leave_free(monkeypatch, margin + 4 * n - 1)
    with pytest.raises(ExportError, match="make room"):
        require_room_for_run(bench, tmp_path / "exports")
    assert not (bench.folder.path / OWNER).exists()
    leave_free(monkeypatch, margin + 4 * n)
    require_room_for_run(bench, tmp_path / "exports")
    run_advance(bench, Advance(1, "off"), Desk.open(bench.folder, "advance", None))
    bench.reader.catch_up()
    leave_free(monkeypatch, 0)
    require_room_for_run(bench, tmp_path / "exports")  # it has begun: each turn needs next to none


def test_the_command_refuses_a_full_disk_and_warns_of_little_memory(
    tmp_path: Path,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dump_recipe(spec_of(models)))
    command = ["merge", str(recipe), str(tmp_path / "new" / "out")]
    with monkeypatch.context() as patch:
        leave_free(patch, 2 * 10**6)
        assert cli.main(command) == cli.FAILED
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "has 2.0 MB free, 16.8 MB are needed; make room" in line
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr(
        "obim.models.device.psutil.virtual_memory", lambda: SimpleNamespace(available=1000)
    )
    assert cli.main(command) == cli.OK
    assert "obim: The memory may not do; close other programs" in capsys.readouterr().err
    assert (tmp_path / "new" / "out" / "model.safetensors").is_file()


def test_a_model_too_large_to_answer_is_merged_without_scores(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(tmp_path, models)
    monkeypatch.setattr(advancing, "_ahead", lambda _, job, turn: [1.0] * min(job.turns, 4 - turn))
    need = 2 * bench.base.parameters / 0.9
    memory = SimpleNamespace(available=need - 1)
    monkeypatch.setattr("obim.models.device.psutil.virtual_memory", lambda: memory)
    with monkeypatch.context() as patch:
        patch.setattr("obim.runs.live.load_model", lambda *_: pytest.fail("it is loaded"))
        run_advance(bench, Advance(2), Desk.open(bench.folder, "advance", None))
    state = bench.reader.state()
    assert state.turn == 2
    assert state.scores == ()
    assert "larger machine" in state.unscored
    assert state.unscored.values == {"need": need / 1e9, "free": memory.available / 1e9}
    memory.available = need + 1
    assert bench.live is not None
