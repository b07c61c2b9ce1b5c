"""Estimators and merge methods as the page offers them: whatever is registered, and its facts."""

from functools import cache

from obim import EntryFacts, Switch, entries, switches_of
from ui.i18n import t
from ui.painting.wording import known, names

_BLOCKS = {
    "attention": frozenset({"q_proj", "k_proj", "v_proj", "o_proj"}),
    "mlp": frozenset({"gate_proj", "up_proj", "down_proj"}),
}
"""Kinds of modules that have a short name together."""


@cache
def _estimators() -> dict[str, EntryFacts]:
    found = sorted(entries("estimator"), key=lambda e: (not e.needs_statistics, e.passes, e.name))
    return {entry.name: entry for entry in found}


@cache
def _baselines() -> dict[str, EntryFacts]:
    found = [entry for entry in entries("merge_method") if not entry.needs_saliency]
    return {entry.name: entry for entry in sorted(found, key=lambda e: e.label.casefold())}


def estimators() -> list[str]:
    """Names of the estimators, those that look at texts first, the fastest of them before."""
    return list(_estimators())


def baselines() -> list[str]:
    """Names of the merge methods that need no saliency: what the merge is compared with."""
    return list(_baselines())


def needs_texts(estimator: str) -> bool:
    """Whether the estimator looks at calibration texts."""
    return _estimators()[estimator].needs_statistics


def compares_tensors(estimator: str) -> bool:
    """Whether the estimator's values can be compared between tensors."""
    return _estimators()[estimator].comparable


def unit_of(estimator: str) -> str:
    """``nats`` where the estimator's sums are in the unit of the loss; else empty."""
    return _estimators()[estimator].unit


def estimator_label(lang: str, name: str) -> str:
    """What the page calls an estimator; the registry's label where it has no text of its own."""
    return known(lang, f"saliency.estimator.{name}", _estimators()[name].label)


def model_label(lang: str, label: str) -> str:
    """A label of the Evaluate screen in words; donors keep their own names."""
    if off := switches_of(label):
        what = names(lang, [switched_words(lang, switch) for switch in off])
        return t(lang, "switches.model", model=model_label(lang, "merged"), what=what)
    if label.endswith(":tuned"):
        return t(
            lang, "evaluate.tuned_model", model=model_label(lang, label.removesuffix(":tuned"))
        )
    entry = _baselines().get(label)
    return known(lang, f"evaluate.model.{label}", label if entry is None else entry.label)


def switched_words(lang: str, switch: Switch) -> str:
    """A donor that is off, and where if it is not everywhere."""
    where = []
    if switch.first is not None and switch.first == switch.last:
        where.append(t(lang, "switches.layer", n=switch.first))
    elif switch.first is not None:
        where.append(t(lang, "switches.layers", first=switch.first, last=switch.last))
    left = list(switch.modules)
    for key, block in _BLOCKS.items():
        if block <= set(left):
            where.append(t(lang, f"switches.{key}"))
            left = [kind for kind in left if kind not in block]
    where += left
    if not where:
        return switch.donor
    told = t(lang, "page.comma").join(where)
    return t(lang, "switches.part", donor=switch.donor, where=told)
