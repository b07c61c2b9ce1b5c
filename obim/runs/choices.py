"""What the Models screen offers, and what it opens on. It reads names and configs, no weights."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from obim.errors import DemoUnavailable, RecipeError
from obim.models.hub import fetched_models, pin
from obim.registry import find, names
from obim.runs.recipe import read_recipe
from obim.runs.switches import is_of_turn, past_turn
from obim.types import Donor, MergeSpec

_DEPTH = 3
_MOST = 500
_RESERVED = {"base"}


@dataclass(frozen=True)
class ModelChoice:
    """One model that can be chosen.

    Attributes:
        ref: what a spec calls it.
        label: what the screen calls it.
        kind: a whole model or an adapter.
        demo: it comes with the app.
    """

    ref: str
    label: str
    kind: Literal["full", "adapter"]
    demo: bool = False


def demo_manifest() -> dict[str, Any]:
    """The demo's list of skills; empty where the demo isn't installed."""
    from obim.models.demo import demo_assets

    try:
        value = json.loads((demo_assets() / "demo.json").read_text(encoding="utf-8"))
    except (DemoUnavailable, OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def demo_models() -> list[ModelChoice]:
    """The demo's base and adapters."""
    from obim.models.demo import demo_assets

    manifest = demo_manifest()
    if not manifest:
        return []
    found = [ModelChoice("demo:base", str(manifest["base"]["name"]), "full", True)]
    adapters = demo_assets() / "adapters"
    ordered = [str(skill["id"]) for skill in manifest["skills"] if skill.get("adapter")]
    there = {p.parent.name for p in adapters.glob("*/adapter_config.json")}
    for name in [n for n in ordered if n in there] + sorted(there - set(ordered)):
        found.append(ModelChoice(f"demo:{name}", name, "adapter", True))
    return found


def list_models(roots: Sequence[Path]) -> list[ModelChoice]:
    """The demo, the models fetched from the hub, then every model folder under the roots."""
    found = demo_models()
    found += [ModelChoice(ref, title, kind) for ref, title, kind in fetched_models()]
    for root in roots:
        for folder in _folders(root):
            kind = _kind(folder)
            if kind is not None and len(found) < _MOST:
                label = str(folder.relative_to(root)) if folder != root else folder.name
                found.append(ModelChoice(str(folder), label, kind))
    return found


def _folders(root: Path) -> Iterator[Path]:
    """The root and its folders, three levels deep, links and hidden ones left out."""
    root = root.expanduser()
    base = len(root.parts)
    for name, below, _ in os.walk(root):
        folder = Path(name)
        below[:] = sorted(_visible(below)) if len(folder.parts) - base < _DEPTH else []
        yield folder


def _visible(folders: Iterable[str]) -> list[str]:
    return [name for name in folders if not name.startswith(".")]


def _kind(folder: Path) -> Literal["full", "adapter"] | None:
    if (folder / "adapter_config.json").is_file():
        return "adapter"
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return "full"
    return None


def default_spec() -> MergeSpec:
    """The demo's preset recipe; where it has none, its first three skills as they are.

    Raises:
        DemoUnavailable: the demo isn't installed.
    """
    from obim.models.demo import demo_assets

    preset = demo_assets() / "preset.yaml"
    if preset.is_file():
        return read_recipe(preset)
    skills = [choice.label for choice in demo_models() if choice.kind == "adapter"][:3]
    if not skills:
        raise DemoUnavailable("The demo has no adapters; install the app again.")
    donors = tuple(
        Donor(name=skill, source=f"demo:{skill}", calibration=f"demo:{skill}") for skill in skills
    )
    return MergeSpec(base="demo:base", donors=donors)


def pin_models(spec: MergeSpec) -> MergeSpec:
    """The spec with models of the hub at the commits they are here at, so that it can be repeated.

    Raises:
        ModelNotFound: a reference to the hub can't be read.
    """
    donors = [d.model_copy(update={"source": pin(d.source)}) for d in spec.donors]
    return spec.model_copy(update={"base": pin(spec.base), "donors": tuple(donors)})


def check_names(spec: MergeSpec) -> None:
    """What the spec names is registered, and no donor has a name that the screens use.

    Raises:
        RecipeError: otherwise.
    """
    find("estimator", spec.estimator)
    find("merge_method", spec.method)
    reserved = _RESERVED | set(names("merge_method"))
    for donor in spec.donors:
        of_turn = is_of_turn(donor.name) or past_turn(donor.name) is not None
        if donor.name in reserved or of_turn:
            raise RecipeError(
                "A donor can't be called {donor!r}; give it another name.", donor=donor.name
            )
