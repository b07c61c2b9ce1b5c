"""Everything the engine says to a user can be said in Japanese, and reaches the page so."""

import ast
import inspect
import json
import string
import threading
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

import obim.errors
from obim import Calibrate, Check, Donor, Job, MergeSpec, RunError, RunState
from obim.runs.folder import PROGRESS, RunFolder
from obim.runs.reading import RunReader
from obim.runs.worker import Worker
from tests.tiny import save_donor, save_tiny
from ui import views
from ui.i18n import said
from ui.i18n.engine_ja import INVALID, SENTENCES
from ui.refusals import sentence
from ui.session import Session

ENGINE = Path(obim.errors.__file__).parent
SPEAKERS = {
    name
    for name, kind in inspect.getmembers(obim.errors, inspect.isclass)
    if issubclass(kind, (obim.errors.ObimError, obim.errors.Sentence))
}
SILENT = {
    "errors.py", "cli.py", "commands/merge.py", "commands/compare.py",
    "commands/obtaining.py", "runs/sentences.py",
}  # fmt: skip
"""Where sentences are defined, go to a terminal, or are read from a file."""


class Spoken(NamedTuple):
    where: str
    templates: list[str] | None
    keywords: set[str]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _literals(node: ast.expr, constants: dict[str, ast.expr]) -> list[str] | None:
    """What an expression can be, if it is a literal, a module's constant or one of its dict."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name) and node.id in constants:
        return _literals(constants[node.id], {})
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        table = constants.get(node.value.id)
        if isinstance(table, ast.Dict):
            found = [_literals(value, {}) for value in table.values]
            return [text for texts in found for text in texts or ()]
    return None


def spoken(source: str, name: str) -> list[Spoken]:
    """Every error and sentence that a file makes, whether it is raised there or returned."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else None
            called = function.id if isinstance(function, ast.Name) else called
            if called in SPEAKERS:
                keywords = {word.arg or "**" for word in node.keywords}
                texts = _literals(node.args[0], constants)
                found.append(Spoken(f"{name}:{node.lineno}", texts, keywords))
    return found


ALL = [
    one
    for path in sorted(ENGINE.rglob("*.py"))
    if (name := path.relative_to(ENGINE).as_posix()) not in SILENT
    for one in spoken(path.read_text(encoding="utf-8"), name)
]
TEMPLATES = sorted({text for one in ALL for text in one.templates or () if text})


def test_the_search_finds_what_it_should() -> None:
    source = """
A = "a {x}"
B = {"k": "b", "l": ("c "
    "d")}
def f():
    raise RunError("e "
        "f {y!r}", y=1)
    raise errors.RunError(f"{x}")
    raise ValueError("no")
    return [ModelError(A, x=1), Sentence(B[k])]
"""
    found = [(one.templates, one.keywords) for one in spoken(source, "m")]
    assert sorted(found, key=str) == sorted(
        [(["e f {y!r}"], {"y"}), (None, set()), (["a {x}"], {"x"}), (["b", "c d"], set())], key=str
    )
    assert len(TEMPLATES) > 130


def test_every_sentence_is_a_template_with_its_values() -> None:
    assert [one.where for one in ALL if one.templates is None] == []
    for one in ALL:
        for text in one.templates or ():
            if one.keywords:
                assert placeholders(text) == one.keywords, one.where
            else:
                assert "{" not in text, one.where


def test_the_command_line_fills_no_templates_itself() -> None:
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                called = node.exc.func
                if isinstance(called, ast.Name) and called.id in SPEAKERS:
                    assert not isinstance(node.exc.args[0], ast.JoinedStr), path


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_sentence_has_its_japanese(template: str) -> None:
    japanese = SENTENCES[template]
    assert placeholders(japanese) == placeholders(template)
    assert any("\u3040" <= sign <= "\u9fff" for sign in japanese)


def test_no_translation_is_left_over() -> None:
    assert sorted(SENTENCES.keys() - set(TEMPLATES)) == []


DONOR = {"name": "d", "source": "s"}
WRONG: dict[str, dict[str, Any]] = {
    "same_name": {"donors": [DONOR, DONOR]},
    "too_many_turns": {"rounds": 200, "donors": [DONOR, {**DONOR, "name": "e"}]},
    "extra_forbidden": {"round": 3},
    "float_parsing": {"donors": [{**DONOR, "scale": "much"}]},
    "float_type": {"donors": [{**DONOR, "scale": []}]},
    "greater_than_equal": {"rounds": 0},
    "int_from_float": {"rounds": 1.5},
    "int_parsing": {"rounds": "many"},
    "int_type": {"rounds": []},
    "less_than_equal": {"rounds": 256},
    "literal_error": {"scope": "world"},
    "string_too_long": {"base": "b" * 5000},
    "string_too_short": {"base": ""},
    "string_type": {"base": 3},
    "too_long": {"donors": [{**DONOR, "name": str(i)} for i in range(256)]},
    "too_short": {"donors": []},
}


def test_every_kind_of_wrong_setting_is_tried() -> None:
    assert WRONG.keys() == INVALID.keys()


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_a_wrong_setting_is_told_in_both_languages(kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MergeSpec.model_validate({"base": "b", "donors": [DONOR], **WRONG[kind]})
    first = caught.value.errors()[0]
    assert first["type"] == kind
    assert sentence("en", caught.value).endswith(first["msg"])
    values = {key: first.get("ctx", {})[key] for key in placeholders(INVALID[kind])}
    assert sentence("ja", caught.value).endswith(INVALID[kind].format(**values))


def test_what_has_no_translation_stays_english() -> None:
    unknown = RunError("Nobody translated {this}.", this="{that}")
    assert said("ja", unknown) == said("en", unknown) == "Nobody translated {that}."


def test_values_with_braces_are_not_filled_again() -> None:
    error = RunError("There is no run {name!r}; start a new one.", name="{x} {0}")
    assert said("ja", error) == "作業 '{x} {0}' はありません。新しく始めてください。"
    assert said("en", error) == "There is no run '{x} {0}'; start a new one."


def _after(job: Job, root: Path, donor: Path) -> tuple[RunFolder, RunState]:
    """A run of the tiny model after a job, done by the worker's own code."""
    spec = MergeSpec(
        base=str(root / "base"), donors=(Donor(name="Ann {x}", source=str(donor)),), rounds=2
    )
    folder = RunFolder.create(root / "runs", spec)
    ours, theirs = Pipe()
    with ours, theirs:
        Worker(theirs)._do(folder.path, job, root, threading.Event())
    return folder, RunReader(folder).state()


def _page(state: RunState, lang: str, screen: int = 0) -> dict[str, dict[str, Any]]:
    return views.page(state, Session(lang=lang, screen=screen), ())


def _bar(state: RunState, lang: str) -> str:
    """What the job bar says on the screen of the calibration."""
    text: str = _page(state, lang, screen=1)["jobbar"]["detail"]
    return text


def test_a_job_that_fails_says_why_in_the_users_language(tmp_path: Path) -> None:
    save_donor(tmp_path / "d", save_tiny(tmp_path / "base", layers=1))
    folder, state = _after(Calibrate(), tmp_path, tmp_path / "d")
    english = "'Ann {x}' has no calibration texts, which the estimator 'layerwise' needs"
    assert _bar(state, "en").startswith(english)
    assert _bar(state, "ja") == (
        "'Ann {x}' には推定方法 'layerwise' に必要な較正用テキストがありません。"
        "テキストか、「変化の大きさ」を選んでください。"
    )
    progress = json.loads((folder.path / PROGRESS).read_text())
    assert progress["error"].startswith(english)
    del progress["said"]
    (folder.path / PROGRESS).write_text(json.dumps(progress))
    before = RunReader(folder).state()
    assert _bar(before, "ja").startswith(english)


def test_a_damaged_sentence_is_told_as_a_damaged_run(tmp_path: Path) -> None:
    save_donor(tmp_path / "d", save_tiny(tmp_path / "base", layers=1))
    folder, _ = _after(Calibrate(), tmp_path, tmp_path / "d")
    progress = json.loads((folder.path / PROGRESS).read_text())
    progress["said"] |= {"template": "{gone.really}", "values": {"gone": 1}}
    (folder.path / PROGRESS).write_text(json.dumps(progress))
    with pytest.raises(RunError, match="damaged"):
        RunReader(folder).state()


def test_cards_say_in_the_users_language_why_models_do_not_fit(tmp_path: Path) -> None:
    save_tiny(tmp_path / "base", layers=1)
    _, state = _after(Check(), tmp_path, save_tiny(tmp_path / "d", layers=2))
    assert "hidden layers is 2, the base has 1" in _page(state, "en")["cards"]["cards"][1]["reason"]
    japanese = _page(state, "ja")["cards"]["cards"][1]["reason"]
    assert japanese.startswith("層数が 2 で、ベースの 1 と異なります。")


def test_a_donor_that_changes_nothing_is_warned_of_in_the_users_language(tmp_path: Path) -> None:
    save_tiny(tmp_path / "base", layers=1)
    folder, state = _after(Check(), tmp_path, save_tiny(tmp_path / "d", layers=1))
    japanese = "d はベースと同じで、マージに加えるものがありません。"
    assert _page(state, "ja")["cards"]["cards"][1]["reason"] == japanese
    journal = folder.path / "journal.jsonl"
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    for event in events:
        if event["event"] == "scan":
            event["warnings"] = [[one["text"] for one in of] for of in event["warnings"]]
    journal.write_text("".join(json.dumps(event) + "\n" for event in events))
    before = RunReader(folder).state()
    assert "equal to the base" in _page(before, "ja")["cards"]["cards"][1]["reason"]
