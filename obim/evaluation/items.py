"""Evaluation sets: items in a JSONL file, a dev half and a report half. It runs no model."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obim.errors import DemoUnavailable, EvaluationError
from obim.types import Item


@dataclass(frozen=True)
class EvalSet:
    """Where one evaluation set is and whose skill it tests.

    Attributes:
        id: of the skill.
        title: language code -> name on screen.
        path: the JSONL file.
        donors: references of the donors whose skill it is; none for a general set.
        evaluator: name of the registered evaluator that judges it.
    """

    id: str
    title: dict[str, str]
    path: Path
    donors: tuple[str, ...] = ()
    evaluator: str = "exact_match"


def demo_sets() -> list[EvalSet]:
    """The bundled evaluation sets; none where the demo isn't installed."""
    from obim.models.demo import demo_assets

    try:
        root = demo_assets()
        manifest = json.loads((root / "demo.json").read_text(encoding="utf-8"))
        return [_from_manifest(root, manifest, entry) for entry in _skills(manifest)]
    except DemoUnavailable:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            "The demo's list of evaluation sets is damaged ({reason}); install the app again.",
            reason=error,
        ) from error


def _skills(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [*manifest["skills"], manifest["general"]]


def _from_manifest(root: Path, manifest: dict[str, Any], entry: dict[str, Any]) -> EvalSet:
    title, name = entry["title"], str(entry["id"])
    titles = {"en": title, "ja": title} if isinstance(title, str) else dict(title)
    trained = [entry] if entry.get("adapter") else []
    late = manifest.get("forgetting", {})
    if late.get("skill") == name:
        trained.append(late)
    donors = tuple(f"demo:{one['id']}" for one in trained)
    return EvalSet(name, titles, root / entry["eval"], donors)


def load_items(path: Path, split: str | None = None) -> list[Item]:
    """Read a set.

    Args:
        path: JSONL, an object a line with ``prompt`` and ``answer``; ``id``, ``split``, ``novel``
            and ``choices`` where there are.
        split: ``dev`` or ``report``; an item without a split belongs to both. None: all.

    Raises:
        EvaluationError: unreadable, not of that form, or empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            "{path} can't be read; give a JSONL file in UTF-8.", path=path
        ) from error
    items = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        item, own = _parse(line, path.name, number)
        if split is None or own in (None, split):
            items.append(item)
    if not items:
        raise EvaluationError(
            "{name} holds no item to evaluate on; choose another file.", name=path.name
        )
    return items


def _parse(line: str, name: str, number: int) -> tuple[Item, str | None]:
    try:
        record = json.loads(line)
        item = Item(
            id=str(record.get("id", number)),
            prompt=record["prompt"],
            answer=record["answer"],
            novel=bool(record.get("novel", False)),
            choices=tuple(str(choice) for choice in record.get("choices", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvaluationError(
            "{name} line {number} is no JSON object with 'prompt' and 'answer'; write one a line.",
            name=name,
            number=number,
        ) from error
    if not isinstance(item.prompt, str) or not isinstance(item.answer, str):
        raise EvaluationError(
            "{name} line {number}: 'prompt' and 'answer' have to be texts.",
            name=name,
            number=number,
        )
    return item, record.get("split")


def draw(items: Sequence[Item], count: int | None, seed: int) -> list[Item]:
    """At most ``count`` of the items, drawn by ``seed``, in their order."""
    if count is None or count >= len(items):
        return list(items)
    picked = random.Random(seed).sample(range(len(items)), count)
    return [items[i] for i in sorted(picked)]


def items_hash(items: Sequence[Item]) -> str:
    """sha256 (hex) of what is asked, in this order, and what is right."""
    facts = [[item.id, item.prompt, item.answer, list(item.choices)] for item in items]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()
