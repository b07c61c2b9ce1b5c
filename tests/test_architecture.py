"""The rules of the house, held with ``ast``: who may import whom, and how files are named."""

import ast
from pathlib import Path

import pytest

import obim

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("obim/**/*.py"), *ROOT.glob("ui/**/*.py"), ROOT / "app.py"])
ROOMS = {"types", "errors", "registry"}


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> set[str]:
    """Dotted modules imported anywhere in a file (``from a import b`` gives a and a.b)."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _top(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imports(path)}


def _engine_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in _imports(path) if name.startswith("obim.")}


def _pure() -> list[Path]:
    """Estimators, merge methods and kernels: they see tensors and nothing else."""
    return [
        path
        for path in FILES
        if "@estimator" in path.read_text()
        or ("@merge_method" in path.read_text() and path.parent.name == "merging")
        or path.name == "kernels.py"
        if path.name != "registry.py"
    ]


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_engine_never_imports_the_page(path: Path) -> None:
    if _relative(path).startswith("obim/"):
        assert not _top(path) & {"gradio", "plotly", "ui", "app"}


def test_there_are_pure_files() -> None:
    assert len(_pure()) >= 7


@pytest.mark.parametrize("path", _pure(), ids=_relative)
def test_pure_files_see_no_files_devices_or_logs(path: Path) -> None:
    assert not _top(path) & {
        "pathlib",
        "os",
        "io",
        "json",
        "transformers",
        "logging",
        "safetensors",
    }
    allowed = ROOMS | {path.parent.name}
    assert _engine_rooms(path) <= allowed
    assert ".cuda(" not in path.read_text()


@pytest.mark.parametrize("path", sorted(ROOT.glob("obim/models/*.py")), ids=_relative)
def test_models_room_knows_no_method(path: Path) -> None:
    assert not _engine_rooms(path) & {"saliency", "merging", "evaluation", "runs"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("ui/**/*.py")), ids=_relative)
def test_page_uses_only_the_curated_names(path: Path) -> None:
    for name in _imports(path):
        if name.startswith("obim."):
            assert name.removeprefix("obim.") in obim.__all__, f"{name} is not public"
    assert "torch" not in _top(path)


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("ui/charts/*.py")), ROOT / "ui/views.py"], ids=_relative
)
def test_charts_and_views_are_pure(path: Path) -> None:
    assert not _top(path) & {"gradio", "torch", "transformers"}


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_names_say_something(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "data", "misc"}


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "a module opens with a docstring"


@pytest.mark.parametrize("path", sorted(ROOT.glob("obim/runs/*.py")), ids=_relative)
def test_files_and_functions_have_a_readable_length(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_app_is_only_a_door() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 20


def test_everything_exported_exists() -> None:
    assert sorted(obim.__all__) == sorted(set(obim.__all__))
    for name in obim.__all__:
        assert getattr(obim, name) is not None
