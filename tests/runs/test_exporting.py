"""The Export job on a bench of its own: checked before it has a name."""

from pathlib import Path

import pytest

from obim.errors import ExportError
from obim.models.export import hash_folder
from obim.runs import exporting
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.desk import Desk, StopJob
from obim.runs.exporting import run_export
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Export
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    root = tmp_path_factory.mktemp("run")
    base = save_tiny(root / "base", layers=1)
    donor = Donor(name="full", source=str(save_donor(root / "full", base)), density=0.5)
    spec = MergeSpec(
        base=str(base), donors=(donor,), estimator="magnitude", rounds=2, dtype="float32"
    )
    bench = Bench(RunFolder.create(root / "runs", spec))
    run_advance(bench, Advance(9, "off"), Desk.open(bench.folder, "advance", None))
    return bench


def exports_of(bench: Bench) -> int:
    bench.reader.catch_up()
    return len(bench.reader.state().exports)


def test_a_damaged_export_never_appears(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, before = exporting.verify, exports_of(bench)

    def damaged(folder: Path, *more: object) -> None:
        assert not (tmp_path / "out").exists()
        file = folder / "model.safetensors"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        real(folder, *more)

    monkeypatch.setattr(exporting, "verify", damaged)
    desk = Desk.open(bench.folder, "export", None)
    with pytest.raises(ExportError, match="isn't what was merged"):
        run_export(bench, Export("out", "float32"), desk, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert exports_of(bench) == before


def test_reading_back_ticks_a_tensor_and_can_be_stopped(bench: Bench, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    desk = Desk.open(
        bench.folder, "export", None, serve=lambda: seen.append((desk.detail, desk.fraction))
    )
    run_export(bench, Export("out", "float32"), desk, tmp_path)
    export = bench.reader.state().exports[-1]
    assert export.identical
    assert hash_folder(Path(export.path)) == export.content_hash
    back = [fraction for detail, fraction in seen if fraction >= 0.7]
    assert len(back) == len(bench.base.tensors)
    assert back == sorted(back)
    before = exports_of(bench)
    desk = Desk.open(bench.folder, "export", None, stopping=lambda: desk.fraction > 0.75)
    with pytest.raises(StopJob):
        run_export(bench, Export("stopped", "float32"), desk, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert exports_of(bench) == before


@pytest.mark.parametrize(("dtype", "exact"), [("float32", True), ("bfloat16", False)])
def test_rounding_to_another_dtype_is_no_difference(
    bench: Bench, tmp_path: Path, dtype: str, exact: bool
) -> None:
    run_export(bench, Export("half", dtype), Desk.open(bench.folder, "export", None), tmp_path)
    export = bench.reader.state().exports[-1]
    assert hash_folder(Path(export.path)) == export.content_hash
    assert (export.identical, export.exact) == (True, exact)


def test_a_tensor_that_is_another_one_is_a_difference_in_any_dtype(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exporting.cast
    monkeypatch.setattr(exporting, "cast", lambda tensor, *more: real(tensor * 1.25, *more))
    for dtype in ("float32", "bfloat16"):
        desk = Desk.open(bench.folder, "export", None)
        run_export(bench, Export(dtype, dtype), desk, tmp_path)
        export = bench.reader.state().exports[-1]
        assert (export.identical, export.exact) == (False, False)


@pytest.mark.parametrize(
    ("dtype", "identical", "wanted"),
    [("bfloat16", False, (True, False)), ("float32", False, (False, False)),
     ("float32", True, (True, True)), ("float16", True, (True, True))],
)  # fmt: skip
def test_what_earlier_versions_wrote_down_is_read_as_it_was_meant(
    bench: Bench, dtype: str, identical: bool, wanted: tuple[bool, bool]
) -> None:
    entry = {"name": "x", "path": "/x", "dtype": dtype, "files": {}, "content_hash": "0",
             "identical": identical, "turn": 2, "evaluated": True}  # fmt: skip
    bench.folder.append({"event": "export", "export": entry})
    bench.reader.catch_up()
    read = bench.reader.state().exports[-1]
    assert (read.identical, read.exact) == wanted
