"""``obim merge`` gives the folder that the page gives, and clear exit codes."""

import contextlib
import json
from pathlib import Path

import pytest
import torch

from obim.cli import FAILED, OK, WRONG, main
from obim.models.demo import Progress
from obim.models.export import hash_folder
from obim.runs.jobs import Advance, Export
from obim.runs.recipe import dump_recipe, parse_recipe, read_recipe
from obim.runs.studio import Studio
from tests.runs.test_studio import do, make_spec
from tests.tiny import save_adapter, save_donor, save_tiny


@pytest.fixture
def models(tmp_path: Path) -> Path:
    save_tiny(tmp_path / "base")
    save_donor(tmp_path / "full", tmp_path / "base", seed=3)
    save_adapter(tmp_path / "lora", tmp_path / "base", seed=4)
    (tmp_path / "texts.txt").write_text("the cat sat on the mat\nsend my invoice\n" * 8)
    return tmp_path


def test_merge_equals_the_page(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = make_spec(models)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dump_recipe(spec))
    assert main(["merge", str(recipe), str(tmp_path / "out")]) == OK
    digest = capsys.readouterr().out.split()[-1]
    assert hash_folder(tmp_path / "out") == digest
    assert read_recipe(tmp_path / "out" / "recipe.yaml") == spec
    card = (tmp_path / "out" / "README.md").read_text()
    assert str(tmp_path) not in card
    assert card.startswith("---\n")
    studio = Studio(tmp_path / "home")
    with contextlib.closing(studio):
        run = studio.create(spec)
        do(studio, run, Advance(99, "off"))
        export = do(studio, run, Export("same", "bfloat16")).exports[0]
    assert export.content_hash == digest
    assert main(["merge", str(recipe), str(tmp_path / "out")]) == FAILED
    assert "exists already" in capsys.readouterr().err


def test_statistics_are_kept_and_used_again(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, kept = tmp_path / "recipe.yaml", tmp_path / "kept"
    recipe.write_text(dump_recipe(make_spec(models)))
    told = ["merge", str(recipe), str(tmp_path / "one"), "--statistics", str(kept)]
    assert main(told) == OK
    assert list(kept.glob("*.safetensors"))
    monkeypatch.setattr("obim.runs.measuring.measure", lambda *_: pytest.fail("measured again"))
    told[2] = str(tmp_path / "two")
    assert main(told) == OK
    assert hash_folder(tmp_path / "one") == hash_folder(tmp_path / "two")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- 1",
        "base: [",
        "base: x\ndonors: []",
        "base: x\ndonors: [{name: a, source: b}]\nrounsd: 3",
        "base: /nowhere\ndonors: [{name: a, source: b}]",
        "base: x\ndonors: [{name: a, source: b, density: 2}]",
    ],
)
def test_wrong_recipes_are_code_2(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    assert main(["merge", str(path), str(tmp_path / "out")]) == WRONG
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("obim: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "said"), [("gpu", "is no device; choose"), ("mps", "no mps device here")]
)
def test_a_device_that_is_not_there_is_code_2(
    name: str,
    said: str,
    models: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    recipe = models / "recipe.yaml"
    recipe.write_text(dump_recipe(make_spec(models)))
    assert main(["merge", str(recipe), str(models / "out"), "--device", name]) == WRONG
    assert said in capsys.readouterr().err
    assert not (models / "out").exists()


def test_too_little_memory_on_the_device_is_said(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("obim.commands.merge._measure", fail)
    recipe = models / "recipe.yaml"
    recipe.write_text(dump_recipe(make_spec(models)))
    assert main(["merge", str(recipe), str(models / "out")]) == FAILED
    assert "try --device cpu" in capsys.readouterr().err

    def break_down(*_: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr("obim.commands.merge._measure", break_down)
    with pytest.raises(RuntimeError, match="shapes differ"):
        main(["merge", str(recipe), str(models / "out")])


def test_models_that_the_page_would_refuse_are_code_2(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = models / "full" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "num_attention_heads": 2}))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dump_recipe(make_spec(models, estimator="magnitude")))
    assert main(["merge", str(recipe), str(tmp_path / "out")]) == WRONG
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line == (
        "obim: full: Its number of attention heads is 2, the base has 4; choose a fine-tune of it."
    )
    (models / "lora" / "adapter_config.json").unlink()
    config.write_text(
        config.read_text().replace('"num_attention_heads": 2', '"num_attention_heads": 4')
    )
    assert main(["merge", str(recipe), str(tmp_path / "out")]) == WRONG
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("obim: ")
    assert line.count(str(models / "lora")) == 1
    assert not (tmp_path / "out").exists()


def test_no_recipe_and_no_command(tmp_path: Path) -> None:
    assert main(["merge", str(tmp_path / "none.yaml"), str(tmp_path / "out")]) == WRONG
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == WRONG


def test_a_recipe_round_trips() -> None:
    text = "base: b\ndonors:\n- {name: 日付, source: 'demo:dates', density: 0.3}\nrounds: 4\n"
    spec = parse_recipe(text)
    assert parse_recipe(dump_recipe(spec)) == spec
    assert "日付" in dump_recipe(spec)


@pytest.mark.parametrize(
    ("shares", "line"), [((0.0, 0.6, 1.0), "Preparing the demo"), ((), "The demo is ready.")]
)
def test_demo_says_one_line(
    shares: tuple[float, ...],
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def prepare(progress: Progress) -> Path:
        for share in shares:
            progress(share, "sentence")
        return tmp_path

    monkeypatch.setenv("TQDM_DISABLE", "")
    monkeypatch.setattr("obim.models.demo.prepare_demo_base", prepare)
    assert main(["demo"]) == OK
    said, bars = capsys.readouterr()
    assert said.startswith(line)
    assert said.count("\n") == 1
    assert bars == ""
