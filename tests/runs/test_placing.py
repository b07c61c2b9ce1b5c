"""Where a model goes by the memory that is free there, and that it is said where it falls back."""

from pathlib import Path

import pytest
import torch

from obim.errors import CalibrationError
from obim.models.device import CPU
from obim.runs import placing
from obim.runs.bench import Bench
from obim.runs.folder import RunFolder
from obim.types import Donor, MergeSpec

CUDA = torch.device("cuda")


def make(
    root: Path, base: Path, donors: list[Path], calibration: str, device: torch.device = CUDA
) -> Bench:
    chosen = [Donor(name=d.name, source=str(d), calibration=calibration) for d in donors]
    spec = MergeSpec(base=str(base), donors=tuple(chosen))
    return Bench(RunFolder.create(root, spec), device=device)


def leave_free(monkeypatch: pytest.MonkeyPatch, bench: Bench, **models: float) -> None:
    """Free memory a device, in float32 models."""
    size = 4 * bench.base.parameters
    monkeypatch.setattr(placing, "free_memory", lambda device: size * models[device.type])


CASES = {
    "whole on the card": (1.3, 9.0, "texts", CUDA, True, ""),
    "by layer on the card": (1.2, 9.0, "texts", CUDA, False, "layer by layer"),
    "whole on the CPU": (0.1, 2.1, "texts", CPU, True, "measured on the CPU"),
    "by layer on the CPU": (0.1, 1.9, "texts", CPU, False, "measured on the CPU"),
    "a writer on the card": (1.2, 9.0, "self", CUDA, True, ""),
    "a writer on the CPU": (1.0, 2.1, "self", CPU, True, "measured on the CPU"),
    "a writer tight on the CPU": (1.0, 1.2, "self", CPU, True, "measured on the CPU"),
}


@pytest.mark.parametrize("case", CASES)
def test_where_donors_are_measured(
    case: str,
    *,
    tmp_path: Path,
    tiny_base: Path,
    tiny_donors: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cuda, cpu, calibration, device, whole, said = CASES[case]
    bench = make(tmp_path, tiny_base, tiny_donors, calibration)
    leave_free(monkeypatch, bench, cuda=cuda, cpu=cpu)
    assert placing.place_measuring(bench, [0]) == placing.Place(device, whole)
    assert (said in caplog.text) if said else not caplog.text
    assert all(record.levelname == "WARNING" for record in caplog.records)


def test_a_writer_that_fits_nowhere_is_refused(
    tmp_path: Path, tiny_base: Path, tiny_donors: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(tmp_path, tiny_base, tiny_donors, "self")
    leave_free(monkeypatch, bench, cuda=1.0, cpu=1.0)
    with pytest.raises(CalibrationError, match="too large to write its own"):
        placing.place_measuring(bench, [0])


def test_a_model_that_is_asked_falls_to_the_cpu(
    tmp_path: Path,
    tiny_base: Path,
    tiny_donors: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = make(tmp_path, tiny_base, tiny_donors, "texts")
    leave_free(monkeypatch, bench, cuda=0.7, cpu=0.0)
    assert placing.place_live(bench.base, torch.bfloat16, CUDA) == CUDA
    assert placing.place_live(bench.base, torch.float32, CPU) == CPU
    assert not caplog.text
    assert placing.place_live(bench.base, torch.float32, CUDA) == CPU
    assert "runs on the CPU" in caplog.text


@pytest.mark.parametrize(
    ("dtype", "device", "free", "quicker", "wanted"),
    [
        ("bfloat16", CPU, 99.0, True, torch.float32),
        ("float16", CPU, 99.0, True, torch.float32),
        ("bfloat16", CPU, 99.0, False, torch.bfloat16),
        ("bfloat16", CPU, 2.1, True, torch.bfloat16),  # the merge needs room too
        ("bfloat16", CUDA, 99.0, True, torch.bfloat16),
        ("float32", CPU, 99.0, False, torch.float32),
    ],
)
def test_a_model_is_asked_in_the_format_the_cpu_is_quick_in(
    dtype: str,
    device: torch.device,
    free: float,
    quicker: bool,
    wanted: torch.dtype,
    *,
    tmp_path: Path,
    tiny_base: Path,
    tiny_donors: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = make(tmp_path, tiny_base, tiny_donors, "texts")
    spec = bench.spec.model_copy(update={"dtype": dtype})
    leave_free(monkeypatch, bench, cpu=free)
    monkeypatch.setattr(placing, "is_quicker_in_float32", lambda _: quicker)
    assert placing.choose_computing(spec, bench.base, device) == wanted


def test_memory_taken_since_then_leaves_the_format_of_the_weights(
    tmp_path: Path, tiny_base: Path, tiny_donors: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(tmp_path, tiny_base, tiny_donors, "texts", CPU)
    monkeypatch.setattr(placing, "is_quicker_in_float32", lambda _: True)
    assert bench.computing == torch.float32
    free = 3 * bench.base.parameters
    monkeypatch.setattr("obim.runs.memory.free_memory", lambda _: free)
    assert bench.live.computing == bench.computing == torch.bfloat16
