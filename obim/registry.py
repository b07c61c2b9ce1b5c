"""Where estimators, merge methods and evaluators register by name; one scan finds them all.

It knows nothing of what they do.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from obim.errors import RecipeError

Kind = Literal["estimator", "merge_method", "evaluator"]
_PACKAGES: dict[Kind, str] = {
    "estimator": "obim.saliency",
    "merge_method": "obim.merging",
    "evaluator": "obim.evaluation",
}
_entries: dict[Kind, dict[str, "Entry"]] = {
    "estimator": {},
    "merge_method": {},
    "evaluator": {},
}
_scanned: set[Kind] = set()


@dataclass(frozen=True)
class Entry:
    """One registered function.

    Attributes:
        name: what recipes and screens call it.
        function: the pure function itself.
        facts: what else was said of it (``needs_statistics``, ``unit``, ``higher_is_better`` ...).
    """

    name: str
    function: Callable[..., Any]
    facts: dict[str, Any]


def _register(kind: Kind, name: str, facts: dict[str, Any]) -> Callable[..., Any]:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        _entries[kind][name] = Entry(name, function, facts)
        return function

    return wrap


def estimator(name: str, **facts: Any) -> Callable[..., Any]:
    """Register ``(delta, stats, generator) -> saliency`` under ``name``."""
    return _register("estimator", name, facts)


def merge_method(name: str, **facts: Any) -> Callable[..., Any]:
    """Register a merge of one tensor's deltas under ``name``."""
    return _register("merge_method", name, facts)


def evaluator(name: str, **facts: Any) -> Callable[..., Any]:
    """Register an evaluator under ``name``; give ``unit`` and ``higher_is_better``."""
    return _register("evaluator", name, facts)


def names(kind: Kind) -> list[str]:
    """All registered names of a kind, sorted."""
    _scan(kind)
    return sorted(_entries[kind])


def find(kind: Kind, name: str) -> Entry:
    """Look one up.

    Raises:
        RecipeError: nothing of that kind has the name; the text lists those that exist.
    """
    _scan(kind)
    try:
        return _entries[kind][name]
    except KeyError:
        known = ", ".join(sorted(_entries[kind]))
        label = kind.replace("_", " ")
        raise RecipeError(f"There is no {label} called {name!r}; choose one of: {known}.") from None


def _scan(kind: Kind) -> None:
    if kind in _scanned:
        return
    package = importlib.import_module(_PACKAGES[kind])
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    _scanned.add(kind)
