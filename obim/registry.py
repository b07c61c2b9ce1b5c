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

    @property
    def comparable(self) -> bool:
        """Of an estimator: its values can be compared between tensors."""
        return bool(self.facts.get("comparable", not self.facts.get("needs_statistics", False)))


@dataclass(frozen=True)
class EntryFacts:
    """What a page or a list needs to know of one registered function.

    Attributes:
        name: what recipes call it.
        label: what to call it where there is no better text.
        needs_statistics: an estimator that looks at calibration texts.
        comparable: an estimator whose values can be compared between tensors.
        passes: how much longer an estimator measures than by forward passes alone; 0: not at all.
        needs_saliency: a merge method that ranks by an estimator.
        exclusive: a merge method that gives each position to one donor, turn by turn.
        unit: of an evaluator's score.
        higher_is_better: of an evaluator's score.
    """

    name: str
    label: str
    needs_statistics: bool
    needs_saliency: bool
    exclusive: bool
    unit: str
    higher_is_better: bool
    comparable: bool = True
    passes: float = 0.0


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


def entries(kind: Kind) -> tuple[EntryFacts, ...]:
    """The facts of all of a kind, sorted by name."""
    found = (find(kind, name) for name in names(kind))
    return tuple(
        EntryFacts(
            name=entry.name,
            label=str(entry.facts.get("label", entry.name.replace("_", " ").capitalize())),
            needs_statistics=bool(entry.facts.get("needs_statistics", False)),
            needs_saliency=bool(entry.facts.get("needs_saliency", False)),
            exclusive=bool(entry.facts.get("exclusive", False)),
            unit=str(entry.facts.get("unit", "")),
            higher_is_better=bool(entry.facts.get("higher_is_better", True)),
            comparable=entry.comparable,
            passes=float(entry.facts.get("passes", bool(entry.facts.get("needs_statistics")))),
        )
        for entry in found
    )


def find(kind: Kind, name: str) -> Entry:
    """Look one up.

    Raises:
        RecipeError: nothing of that kind has the name; the text lists those that exist.
    """
    if name not in _entries[kind]:  # most have a file of their name: the others stay unread
        _scan(kind, name)
    if name not in _entries[kind]:
        _scan(kind)
    try:
        return _entries[kind][name]
    except KeyError:
        known = ", ".join(sorted(_entries[kind]))
        label = kind.replace("_", " ")
        raise RecipeError(
            "There is no {label} called {name!r}; choose one of: {known}.",
            label=label,
            name=name,
            known=known,
        ) from None


def _scan(kind: Kind, only: str | None = None) -> None:
    """Import the modules of a kind's package, which registers what they hold."""
    if kind in _scanned:
        return
    package = importlib.import_module(_PACKAGES[kind])
    for module in pkgutil.iter_modules(package.__path__):
        if only in (None, module.name):
            importlib.import_module(f"{package.__name__}.{module.name}")
    if only is None:
        _scanned.add(kind)
