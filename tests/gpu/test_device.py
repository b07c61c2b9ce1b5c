"""A graphics card against the CPU, which is the reference; ``make test-gpu`` runs this.

Tolerances are in `tests.gpu.comparing`: statistics within 1e-4 relatively; with the same statistics
the same owner maps; with its own, other owners only where saliencies tie within that.
"""

from pathlib import Path

import pytest
import torch

from obim.cli import OK, main
from obim.models.checkpoint import open_checkpoint
from obim.models.device import choose_device, free_memory
from obim.runs.recipe import dump_recipe
from tests.gpu import checks
from tests.gpu.comparing import SHARE, Models
from tests.gpu.test_checks import SETTINGS
from tests.tiny import FAMILIES, TEXTS, Family

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="session")
def device() -> torch.device:
    chosen = choose_device("auto")
    if chosen.type == "cpu":
        pytest.fail("There is no GPU here that PyTorch can use; run this where there is one.")
    return chosen


def test_memory_is_free(device: torch.device) -> None:
    before = free_memory(device)
    held = torch.empty(1 << 28, dtype=torch.uint8, device=device)
    assert 0 < free_memory(device) <= before
    del held


@pytest.mark.parametrize("family", FAMILIES)
def test_statistics(family: Family, tmp_path: Path, device: torch.device) -> None:
    checks.check_statistics(tmp_path, family, device)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_selection(settings: dict[str, str], tmp_path: Path, device: torch.device) -> None:
    checks.check_selection(tmp_path, device, **settings)


def test_own_statistics(tmp_path: Path, device: torch.device) -> None:
    checks.check_own_statistics(tmp_path, device)


def test_texts(tmp_path: Path, device: torch.device) -> None:
    checks.check_texts(tmp_path, device)


def test_a_merge_from_the_command_line(tmp_path: Path, device: torch.device) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    models = Models.make(tmp_path, "llama")
    donors = tuple(
        donor.model_copy(update={"calibration": str(tmp_path / "texts.txt")})
        for donor in models.spec.donors
    )
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dump_recipe(models.spec.model_copy(update={"donors": donors})))
    for name in ("cpu", device.type):
        assert main(["merge", str(recipe), str(tmp_path / name), "--device", name]) == OK
    here, there = (open_checkpoint(tmp_path / name) for name in ("cpu", device.type))
    for name, info in here.tensors.items():
        different = int((here.read(name) != there.read(name)).sum())
        assert different <= max(4, 2 * SHARE * info.numel), name
