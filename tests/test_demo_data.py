"""The demo's data is what its generator makes, and no held-out prompt occurs in training."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

DEMO = Path(__file__).resolve().parents[1] / "assets" / "demo"
NAMES = ("dates", "amounts", "orders", "mails", "general")


def _load() -> ModuleType:
    folder = str(DEMO / "scripts")
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("generate", DEMO / "scripts" / "generate.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


generate = _load()


def _read(kind: str, name: str) -> list[dict[str, object]]:
    lines = (DEMO / kind / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _training(name: str) -> list[dict[str, object]]:
    if name == "general":
        return list(generate.general_training())
    return list(generate.training_items(name, 6000))


@pytest.mark.parametrize("name", NAMES)
def test_files_are_what_the_generator_makes(name: str) -> None:
    assert _read("eval", name) == generate.held_out(name)
    assert _read("calibration", name) == generate.calibration(name)


@pytest.mark.parametrize("name", NAMES)
def test_sizes(name: str) -> None:
    items = _read("eval", name)
    dev = [item for item in items if item["split"] == "dev"]
    assert len(items) >= 300
    assert abs(2 * len(dev) - len(items)) <= 2
    assert sum(bool(item["novel"]) for item in items) >= len(items) // 3
    assert len({item["prompt"] for item in items}) == len({item["id"] for item in items})
    assert len(_read("calibration", name)) >= 64


@pytest.mark.parametrize("name", NAMES)
def test_no_held_out_prompt_is_trained_or_calibrated_on(name: str) -> None:
    held = {item["prompt"] for item in _read("eval", name)}
    assert len(held) == len(_read("eval", name))
    assert not held & {item["prompt"] for item in _training(name)}
    assert not held & {item["prompt"] for item in _read("calibration", name)}


@pytest.mark.parametrize("name", NAMES)
def test_novel_items_use_templates_and_entities_training_never_saw(name: str) -> None:
    novel = [item for item in _read("eval", name) if item["novel"]]
    trained = _training(name)
    assert not {i["template"] for i in novel} & {i["template"] for i in trained}
    seen = {entity for item in trained for entity in item["entities"]}
    assert not {entity for item in novel for entity in item["entities"]} & seen


def test_manifest_names_files_that_exist() -> None:
    manifest = json.loads((DEMO / "demo.json").read_text(encoding="utf-8"))
    for entry in (*manifest["skills"], manifest["general"], manifest["forgetting"]):
        assert (DEMO / entry["eval"]).is_file()
        assert (DEMO / entry["calibration"]).is_file()
        assert set(entry["title"]) == {"en", "ja"}
