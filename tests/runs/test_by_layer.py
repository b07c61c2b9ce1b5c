"""Where the base does not fit in memory, donors are measured layer by layer: the same result."""

from pathlib import Path

import pytest
import torch

from obim.errors import CalibrationError
from obim.runs import measuring, placing
from obim.runs.bench import Bench
from obim.runs.desk import Desk
from obim.runs.folder import RunFolder
from obim.runs.statistics_needed import stats_key
from obim.saliency.store import load_stats
from obim.types import Donor, InputStats, MergeSpec
from tests.tiny import TEXTS


def bench_of(root: Path, base: Path, donors: list[Path], calibration: str) -> Bench:
    chosen = [Donor(name=d.name, source=str(d), calibration=calibration) for d in donors]
    return Bench(RunFolder.create(root, MergeSpec(base=str(base), donors=tuple(chosen))))


def leave_free(monkeypatch: pytest.MonkeyPatch, bench: Bench, models: float) -> None:
    """Free memory that so many float32 models would take."""
    free = 4 * bench.base.parameters * models
    monkeypatch.setattr(placing, "free_memory", lambda device: free)


def measure(bench: Bench, phase: str) -> list[InputStats]:
    desk = Desk.open(bench.folder, "calibrate", None)
    measuring.measure_all(bench, desk)
    assert desk.phase == phase
    keys = [stats_key(bench.spec, i) for i in range(len(bench.spec.donors))]
    return [load_stats(bench.folder.stats_path(key)) for key in keys]


def test_little_memory_gives_the_same_statistics(
    tmp_path: Path, tiny_base: Path, tiny_donors: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS))
    bench = bench_of(tmp_path / "whole", tiny_base, tiny_donors, str(texts))
    leave_free(monkeypatch, bench, 2.1)
    whole = measure(bench, "forward")
    bench = bench_of(tmp_path / "layers", tiny_base, tiny_donors, str(texts))
    leave_free(monkeypatch, bench, 1.9)
    monkeypatch.setattr("obim.runs.live.load_model", lambda *_: pytest.fail("it is loaded whole"))
    for got, wanted in zip(measure(bench, "forward_layers"), whole, strict=True):
        assert got.tensors.keys() == wanted.tensors.keys()
        for name, entry in wanted.tensors.items():
            for a, b in zip(got.tensors[name].curvature, entry.curvature, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-5, atol=0.0, msg=name)


def test_who_writes_its_own_texts_has_to_fit(
    tmp_path: Path, tiny_base: Path, tiny_donors: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(tmp_path, tiny_base, tiny_donors, "self")
    leave_free(monkeypatch, bench, 1.2)
    assert placing.place_measuring(bench, [0, 1]).whole
    leave_free(monkeypatch, bench, 1.0)
    with pytest.raises(CalibrationError, match="'donor-2' is too large to write its own"):
        placing.place_measuring(bench, [1, 2])
