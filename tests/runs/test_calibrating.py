"""The Calibrate job on a bench of its own, a donor writing its texts itself."""

from pathlib import Path

import pytest

from obim.errors import RecipeError
from obim.runs import measuring
from obim.runs.advancing import run_advance
from obim.runs.bench import Bench
from obim.runs.calibrating import run_calibrate
from obim.runs.desk import Desk, StopJob
from obim.runs.folder import RunFolder
from obim.runs.jobs import Advance, Calibrate, Cell
from obim.runs.looking import read_cell
from obim.types import Donor, MergeSpec
from tests.tiny import save_donor, save_tiny


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(measuring, "OWN_TEXTS", 3)
    base = save_tiny(tmp_path / "base", layers=1)
    donor = Donor(name="d", source=str(save_donor(tmp_path / "d", base)), calibration="self")
    spec = MergeSpec(base=str(base), donors=(donor,), rounds=2)
    return Bench(RunFolder.create(tmp_path / "runs", spec))


def test_own_texts_tick_a_token_and_can_be_stopped(bench: Bench) -> None:
    written: list[float] = []
    desk = Desk.open(
        bench.folder,
        "calibrate",
        None,
        stopping=lambda: len(written) == 5,
        serve=lambda: written.append(desk.fraction) if desk.detail == "d" else None,
    )
    with pytest.raises(StopJob):
        run_calibrate(bench, Calibrate(), desk)
    assert len(written) == 5
    run_calibrate(bench, Calibrate(), Desk.open(bench.folder, "calibrate", None))
    bench.reader.catch_up()
    state = bench.reader.state()
    assert state.saliency[0].source == "self"
    assert 1 <= state.saliency[0].texts <= 3
    assert bench.merge is not None
    assert state.saliency[0].survival == bench.merge.survival[0].entries


def test_damaged_statistics_are_measured_again(bench: Bench) -> None:
    desk = Desk.open(bench.folder, "calibrate", None)
    run_calibrate(bench, Calibrate(), desk)
    (path,) = (bench.folder.path / "stats").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    again = Bench(RunFolder(bench.folder.path))
    run_calibrate(again, Calibrate(), desk)
    assert path.read_bytes() == whole


def test_a_method_without_turns_is_told_before_anything_is_read(tmp_path: Path) -> None:
    donor = Donor(name="d", source=str(tmp_path / "nowhere"))
    spec = MergeSpec(base=str(tmp_path / "nowhere"), donors=(donor,), method="ties")
    bench = Bench(RunFolder.create(tmp_path / "runs", spec))
    desk = Desk.open(bench.folder, "calibrate", None)
    for ask in (
        lambda: run_calibrate(bench, Calibrate(), desk),
        lambda: run_advance(bench, Advance(1, "off"), desk),
        lambda: read_cell(bench, Cell("model.embed_tokens.weight", 0)),
    ):
        with pytest.raises(RecipeError, match="'ties' has no turns to step through"):
            ask()
