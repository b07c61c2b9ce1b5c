"""MergeSpec <-> YAML: the recipe in an exported folder is the spec. It resolves no model."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from obim.errors import RecipeError
from obim.types import MergeSpec

_SIZE_LIMIT = 1_000_000


def dump_recipe(spec: MergeSpec) -> str:
    """YAML text of a spec; what has its default is written too, so that it reads by itself."""
    values = spec.model_dump(mode="json")
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100))


def write_recipe(spec: MergeSpec, path: Path) -> None:
    """Write a spec as YAML."""
    path.write_text(dump_recipe(spec), encoding="utf-8")


def parse_recipe(text: str) -> MergeSpec:
    """Read a spec from YAML text.

    Raises:
        RecipeError: no YAML, an unknown or misspelt setting, or a value out of range.
    """
    try:
        values: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        if where is None:
            raise RecipeError("The recipe is no valid YAML; mend it.") from error
        raise RecipeError(
            "The recipe is no valid YAML in line {line}; mend it there.", line=where.line + 1
        ) from error
    if not isinstance(values, dict):
        raise RecipeError("A recipe is a list of 'setting: value' lines, with 'base' and 'donors'.")
    try:
        return MergeSpec.model_validate(values)
    except ValidationError as error:
        raise _explain(error) from error


def read_recipe(path: Path) -> MergeSpec:
    """Read a spec from a YAML file.

    Raises:
        RecipeError: the file can't be read, or is no recipe.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise RecipeError(
                "{path} is too large to be a recipe; choose the YAML file itself.", path=path
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise RecipeError("There is no recipe {path}; check the path.", path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            "{path} can't be read as UTF-8 text; check the file.", path=path
        ) from error
    return parse_recipe(text)


def _explain(error: ValidationError) -> RecipeError:
    """One sentence for the first thing that is wrong with a spec."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return RecipeError(
            "The recipe has an unknown setting {place!r}; remove it or check its spelling.",
            place=place,
        )
    reason = first["msg"][:1].lower() + first["msg"][1:]
    if not place:
        return RecipeError("The recipe: {reason}.", reason=reason)
    return RecipeError("The recipe's {place!r} is wrong: {reason}.", place=place, reason=reason)
