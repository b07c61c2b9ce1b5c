"""The rules of the house, held with ``ast``: who may import whom, and how files are named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import obim

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("obim/**/*.py"), *ROOT.glob("ui/**/*.py"), ROOT / "app.py"])
ROOMS = {"types", "errors", "registry"}
LONG = {
    "obim/insight/orders.py try_orders",
    "obim/merging/engine.py stream_merge",
    "obim/merging/stepping.py __init__",
    "obim/models/decoding.py write_on",
    "obim/models/export.py export",
    "obim/saliency/own_texts.py generate_texts",
}
"""Functions over 40 lines, arguments and docstring included: one loop each, not to be parted."""


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


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in FILES}


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All of a file that is run; what stands under ``if TYPE_CHECKING`` is not."""
    for part in ast.iter_child_nodes(node):
        if not (isinstance(part, ast.If) and "TYPE_CHECKING" in ast.unparse(part.test)):
            yield part
            yield from _walk(part)


def _at_run_time(path: Path) -> set[str]:
    """Modules imported at any time, by functions too (``from a import b``: a.b if it is one)."""
    found: set[str] = set()
    for node in _walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    """The first way found from a module back to itself, depth first; empty where there is none."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        for further in sorted(graph[name]) if name not in done else ():
            if found := visit(further, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def _behind(path: Path) -> set[str]:
    """All that a file of the page imports, and what the page's files it imports import."""
    seen, new = set(), _at_run_time(path)
    while new:
        seen |= new
        below = {name for name in new if name.startswith("ui.") and name in MODULES}
        new = {name for module in below for name in _at_run_time(MODULES[module])} - seen
    return seen


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
    "path",
    [*ROOT.glob("ui/charts/*.py"), *ROOT.glob("ui/painting/*.py"), ROOT / "ui/views.py"],
    ids=_relative,
)
def test_charts_painting_and_views_are_pure(path: Path) -> None:
    tops = {name.split(".")[0] for name in _behind(path)}
    assert not tops & {"gradio", "torch", "transformers"}


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_names_say_something(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "data", "misc"}


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "a module opens with a docstring"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_files_and_functions_have_a_readable_length(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250 or path.parent.name == "i18n"
    long = {
        f"{_relative(path)} {node.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= 40
    }
    assert long <= LONG


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_imports_name_the_whole_module(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ImportFrom) and node.level), "a relative import"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: _at_run_time(path) & MODULES.keys() for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > len(graph)
    assert _cycle(graph) == []


def test_a_cycle_is_found() -> None:
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"d", "b"}, "d": set()}) == ["b", "c", "b"]


def test_app_is_only_a_door() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 20


def test_everything_exported_exists() -> None:
    assert sorted(obim.__all__) == sorted(set(obim.__all__))
    for name in obim.__all__:
        assert getattr(obim, name) is not None
