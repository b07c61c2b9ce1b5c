"""Where a model comes from in public: a name without a path, and the licence that its card states.

It downloads nothing, prepares nothing and reads no weights.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml

from obim.errors import ObimError
from obim.models.hub import PREFIX, is_hub
from obim.models.sources import resolve
from obim.runs.choices import demo_manifest
from obim.types import MergeSpec

_LONGEST = 100
_MOST = 200_000
"""Characters of a card that are read."""


@dataclass(frozen=True)
class Origin:
    """What can be said of a model to others.

    Attributes:
        title: its name; of a folder only the last part.
        licence: as its card states it; empty where none is stated.
    """

    title: str
    licence: str


def read_origins(spec: MergeSpec) -> dict[str, Origin]:
    """Reference -> origin, of the base and all donors."""
    return {ref: read_origin(ref) for ref in (spec.base, *(d.source for d in spec.donors))}


def read_origin(ref: str) -> Origin:
    """The origin of a folder, ``demo:base``, ``demo:<skill>`` or ``hub:org/name@revision``."""
    if ref == "demo:base":
        base = demo_manifest().get("base", {})
        return Origin(str(base.get("name", ref)), str(base.get("licence", "")))
    title = _title(ref)
    try:
        with (resolve(ref) / "README.md").open(encoding="utf-8") as card:
            return Origin(title, _stated(_front_matter(card.read(_MOST))))
    except (ObimError, OSError, ValueError, yaml.YAMLError):
        return Origin(title, "")


def _title(ref: str) -> str:
    if is_hub(ref):
        return ref.removeprefix(PREFIX)
    return ref if ref.startswith("demo:") else PurePath(ref).name


def _front_matter(text: str) -> Any:
    """The YAML between the first two lines of dashes."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != "---":
        return None
    ends = [i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"]
    return yaml.safe_load("\n".join(lines[1 : ends[0]])) if ends else None


def _stated(front: Any) -> str:
    if not isinstance(front, dict):
        return ""
    found = front.get("license")
    if found == "other":
        found = front.get("license_name", found)
    names = found if isinstance(found, list) else [found]
    return ", ".join(str(name) for name in names if isinstance(name, str))[:_LONGEST]
