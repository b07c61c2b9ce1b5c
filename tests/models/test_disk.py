"""What a disk has free, how fast it is, and what is said when it will not do."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from obim.errors import ExportError
from obim.models import disk
from obim.models.checkpoint import open_checkpoint
from obim.models.disk import free_on, measure_pace, require_room, sized
from obim.models.writing import bytes_written
from tests.tiny import save_tiny


def test_room_is_asked_of_the_nearest_folder_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(folder: Path) -> SimpleNamespace:
        asked.append(folder)
        return SimpleNamespace(free=30 * 10**6)

    monkeypatch.setattr(disk.shutil, "disk_usage", usage)
    require_room(tmp_path / "a" / "b", 13 * 10**6)  # and 16.8 MB for what is no weight
    assert asked == [tmp_path]
    with pytest.raises(ExportError, match=r"has 30\.0 MB free, 30\.8 MB are needed; make room"):
        require_room(tmp_path, 14 * 10**6)
    assert free_on(tmp_path) == 30 * 10**6


def test_sizes_in_words() -> None:
    assert [sized(n) for n in (0, 999, 2.5e6, 1.26e9)] == ["0.0 kB", "1.0 kB", "2.5 MB", "1.3 GB"]


def test_the_pace_is_measured_and_nothing_stays(tmp_path: Path) -> None:
    pace = measure_pace(tmp_path)
    assert min(pace.write, pace.back, pace.read) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_the_weights_of_a_folder_have_the_bytes_that_were_told(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    base = open_checkpoint(save_tiny(tmp_path / "base"))
    written = save_tiny(tmp_path / "out", dtype=dtype)
    told = sum(info.nbytes for info in open_checkpoint(written).tensors.values())
    assert bytes_written(base.tensors.values(), dtype) == told
