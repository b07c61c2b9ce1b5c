"""The user's own evaluation sets: ``sets/<id>/`` in the home, a ``set.json`` and ``items.jsonl``.

An id is made of all that a set is, so a set that changes is another one, and no score of the old
one can pass for its. It keeps and lists; it reads no tables and scores nothing.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from obim.errors import EvaluationError
from obim.evaluation.columns import Columns
from obim.evaluation.harness import is_task, task_of
from obim.evaluation.items import EvalSet
from obim.evaluation.mapping import SPLIT_SEED, split_halves
from obim.models.hub import is_hub
from obim.models.temporary import make_temporary
from obim.runs.state import SkillState
from obim.types import Frozen, Item

SETS, META, ITEMS = "sets", "set.json", "items.jsonl"
LONGEST_NAME = 60
_PREFIX = "own-"


class OwnSet(Frozen):
    """One saved set.

    Attributes:
        id: what runs call it.
        name: shown on screen, unique in a home.
        evaluator: name of the registered evaluator that judges it.
        donor: reference of the donor whose skill it is; None: a general one.
        donor_name: what that donor was called when the set was saved.
        items: in both halves.
        content: sha256 of the file with the items.
        split_seed: of the shuffle before items went to dev and report half in turn.
        columns: of the table that it was made of; None: not known.
        damaged: the items are no longer those that were saved; such a set is not used.
    """

    id: str
    name: str
    evaluator: str
    donor: str | None = None
    donor_name: str = ""
    items: int
    content: str
    split_seed: int = SPLIT_SEED
    columns: Columns | None = None
    damaged: bool = False


def is_own(skill: str) -> bool:
    """The id is that of a user's set, not of a bundled one."""
    return skill.startswith(_PREFIX)


def command_name(skill: SkillState) -> str:
    """What ``obim evaluate`` calls a set; of a task's file the name only, wherever it lies."""
    if is_task(skill.id):
        return Path(task_of(skill.id).path).name
    return skill.title["en"] if is_own(skill.id) else skill.id


def plain_ref(ref: str) -> str:
    """A donor's reference without the commit, which changes when it is fetched again."""
    return ref.partition("@")[0] if is_hub(ref) else ref


def save_set(
    home: Path,
    name: str,
    evaluator: str,
    items: Sequence[Item],
    *,
    donor: tuple[str, str] | None = None,
    columns: Columns | None = None,
    replace: bool = False,
) -> OwnSet:
    """Keep a set; it appears when it is whole.

    Args:
        donor: reference and name of the donor whose skill it is; None: a general one.
        columns: of the table that the items were made of.
        replace: a set of this name goes; else it is an error.

    Raises:
        EvaluationError: the name is taken or can't be one, or there are too few items.
    """
    name, before = _free(home, name, replace)
    text = _to_lines(items)
    content = hashlib.sha256(text.encode()).hexdigest()
    facts = [name, evaluator, donor and donor[0], content]
    made = OwnSet(
        id=_PREFIX + hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16],
        name=name,
        evaluator=evaluator,
        donor=donor[0] if donor else None,
        donor_name=donor[1] if donor else "",
        items=len(items),
        content=content,
        columns=columns,
    )
    if not any(known.id == made.id and not known.damaged for known in before):
        _write(home / SETS, made, text)
    for known in before:
        if known.id != made.id:
            remove_set(home, known.id)
    return made


def _free(home: Path, name: str, replace: bool) -> tuple[str, list[OwnSet]]:
    """The name as it is kept, and the sets that have it already."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise EvaluationError("A set needs a name of 1 to {most} characters.", most=LONGEST_NAME)
    before = [known for known in read_sets(home) if known.name == name]
    if before and not replace:
        raise EvaluationError(
            "There is a set called {name!r} already; replace it or give another name.", name=name
        )
    return name, before


def _to_lines(items: Sequence[Item]) -> str:
    lines = []
    for item, half in zip(items, split_halves(items), strict=True):
        record = {"id": item.id, "prompt": item.prompt, "answer": item.answer, "split": half}
        choices = {"choices": list(item.choices)} if item.choices else {}
        lines.append(json.dumps(record | choices, ensure_ascii=False) + "\n")
    return "".join(lines)


def _write(sets: Path, made: OwnSet, text: str) -> None:
    sets.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = make_temporary(sets)
    meta = made.model_dump_json(exclude={"id", "damaged"}, indent=1)
    for name, content in ((ITEMS, text), (META, meta)):
        with (work / name).open("w", encoding="utf-8", newline="") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    shutil.rmtree(sets / made.id, ignore_errors=True)  # a damaged one
    work.rename(sets / made.id)


def read_sets(home: Path) -> tuple[OwnSet, ...]:
    """All sets by name; what is no set any more is left out, and what was changed is marked."""
    found = []
    for path in (home / SETS).glob(f"{_PREFIX}*"):
        try:
            meta = json.loads((path / META).read_text(encoding="utf-8"))
            saved = OwnSet(**meta | {"id": path.name})
        except (OSError, ValueError, TypeError, ValidationError):
            continue
        found.append(saved.model_copy(update={"damaged": _hash(path / ITEMS) != saved.content}))
    return tuple(sorted(found, key=lambda saved: (saved.name.casefold(), saved.id)))


def _hash(path: Path) -> str:
    try:
        facts = path.stat()
        return _hash_state(path, facts.st_size, facts.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _hash_state(path: Path, size: int, changed: int) -> str:
    """Hash of a file; of one with the same size and time it is known already."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def remove_set(home: Path, skill: str) -> None:
    """Delete a set.

    Raises:
        EvaluationError: there is none of this id.
    """
    path = home / SETS / skill
    if not is_own(skill) or Path(skill).name != skill or not path.is_dir():
        raise EvaluationError("That set is gone already; choose another.")
    gone = make_temporary(path.parent)
    path.rename(gone / skill)  # at once, so that nobody sees half of it
    shutil.rmtree(gone, ignore_errors=True)


def eval_sets(home: Path) -> list[EvalSet]:
    """The sets that can be used, as evaluation sees them."""
    return [
        EvalSet(
            id=saved.id,
            title={"en": saved.name, "ja": saved.name},
            path=home / SETS / saved.id / ITEMS,
            donors=(saved.donor,) if saved.donor else (),
            evaluator=saved.evaluator,
        )
        for saved in read_sets(home)
        if not saved.damaged
    ]


def without_gone(home: Path, skills: Iterable[SkillState]) -> tuple[SkillState, ...]:
    """Evaluation sets of a run without the own ones that were removed."""
    return tuple(s for s in skills if not is_own(s.id) or _is_there(home, s.id))


def _is_there(home: Path, skill: str) -> bool:
    return (home / SETS / skill).is_dir()
