"""A wheel installs ``obim``, ``ui`` and ``app`` and nothing else at top level, assets inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*command, "-w", str(out), str(ROOT)], check=True, capture_output=True)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_top_level_is_obim_ui_app(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"obim", "ui", "app.py"}


def test_assets_are_inside(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "assets/demo"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    wanted = {
        path.replace("assets/demo", "obim/_assets/demo", 1)
        for path in tracked
        if not path.startswith("assets/demo/scripts/")
    }
    assert wanted, "the demo is part of the repository"
    assert wanted <= inside
    assert any(name.startswith("ui/static/") and name.endswith(".js") for name in inside)
    assert "LICENSE" in {name.split("/")[-1] for name in inside}


def test_entry_points(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(name).decode()
    assert "obim = obim.cli:main" in text
    assert "obim-studio = app:main" in text
