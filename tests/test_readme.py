"""The README says what was measured, and what it points to exists."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "assets" / "demo"
README = (ROOT / "README.md").read_text(encoding="utf-8")
sys.path.insert(0, str(DEMO / "scripts"))

import tables  # noqa: E402


def _between(mark: str) -> str:
    return README.split(f"<!-- {mark}:begin -->")[1].split(f"<!-- {mark}:end -->")[0].strip()


def test_demo_table_is_the_manifest() -> None:
    manifest = json.loads((DEMO / "demo.json").read_text(encoding="utf-8"))
    assert _between("demo") == tables.skill_table(manifest)


@pytest.mark.parametrize(("mark", "name", "table"), tables.TABLES)
def test_result_tables_are_what_was_measured(
    mark: str, name: str, table: Callable[[dict[str, Any]], str]
) -> None:
    results = json.loads((DEMO / "results" / name).read_text(encoding="utf-8"))
    assert _between(mark) == table(results)


def test_pictures_and_files_exist() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
    for path in re.findall(r"`((?:assets|obim|ui|tests)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path


def test_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
