"""What of a run still holds under other settings, event by event. It measures nothing."""

from pathlib import Path

from obim.registry import find
from obim.runs.folder import Event, RunFolder
from obim.runs.varying import is_variant
from obim.types import MergeSpec

_SUMMARY = ("base", "estimator", "calibration_tokens")
_WITHOUT_LOTS = ("layerwise", "kfac", "fisher", "magnitude")
"""Estimators known to draw nothing at random; of any other it is assumed."""
_PATTERNS = ("include", "exclude")
_OF_DONORS = ("check", "scan", "groups", "saliency")
"""Kinds of events that hold of some of the donors too."""
_NEEDS = (*_PATTERNS, "dtype", "scope")
_TURNS = ("rounds", "rotate", "seed")
_PREPARED = (*_SUMMARY, *_PATTERNS, "dtype", "scope")


def kept_events(before: RunFolder, after: MergeSpec) -> list[Event]:
    """The journal's events that are true of ``after`` too, as check, needs, saliency, scores."""
    old = before.spec()
    same_models = old.base == after.base and _sources(old) == _sources(after)
    same_names = [d.name for d in old.donors] == [d.name for d in after.donors]
    same_texts = [d.calibration for d in old.donors] == [d.calibration for d in after.donors]
    same_scales = [d.scale for d in old.donors] == [d.scale for d in after.donors]
    same_shares = [old.density_of(k) for k in range(len(old.donors))] == [
        after.density_of(k) for k in range(len(after.donors))
    ]
    checked = same_models and same_names
    same_lots = old.seed == after.seed or not _draws_lots(after)
    summary = checked and same_texts and same_lots and _same(old, after, _SUMMARY)
    prepared = summary and same_scales and same_shares and _same(old, after, _PREPARED)
    models = _kept_models(old, after)
    kept: list[Event] = []
    places = _elsewhere(old, after)
    alike = checked or (places is not None and len(places) == len(old.donors))
    for _, event in before.events():
        kind = event["event"]
        if places is not None and kind in _OF_DONORS:
            kept += _of_some(event, old, after, places)
        elif (
            kind in ("files", "sets")  # they say what the scores after them are of
            or (kind in ("check", "scan") and checked)
            or (kind == "skills" and alike)
            or (kind == "needs" and alike and _same(old, after, _NEEDS))
            or (kind == "groups" and checked and _same(old, after, _PATTERNS))
            or (kind == "saliency" and summary)
            or (kind == "prepared" and prepared)
            or (kind in ("explore", "interference") and prepared and _same(old, after, _TURNS))
            or (kind in ("trust", "converge") and _holds(event, old, after))
            or (kind == "budget" and "base" in models)
            or (kind == "score" and event["score"]["model"] in models)
            or (kind == "what_if" and is_variant(after, MergeSpec(**event["found"]["spec"])))
        ):
            kept.append(event)
        elif kind == "cost" and old.base == after.base:  # the pace is the machine's
            kept.append(event if _holds(event, old, after) else event | {"donor": ""})
    return kept


def _elsewhere(old: MergeSpec, after: MergeSpec) -> list[int] | None:
    """Where the donors stood, if some were left out or they moved, and nothing else is new."""
    before = [(d.name, d.source, d.calibration) for d in old.donors]
    now = [(d.name, d.source, d.calibration) for d in after.donors]
    if old.base != after.base or now == before or not set(now) <= set(before):
        return None
    return [before.index(donor) for donor in now]


def _of_some(event: Event, old: MergeSpec, after: MergeSpec, places: list[int]) -> list[Event]:
    """What an event of several donors says of those that stay; nothing where it can't be parted."""
    kind, told = event["event"], dict(event)
    models = [0, *(place + 1 for place in places)]
    if kind == "check":
        told["cards"] = [event["cards"][i] for i in models]
        told["mergeable"] = not any(card["problems"] for card in told["cards"])
        names = [None, *(donor.name for donor in after.donors)]
        told["skills"] = [s for s in event["skills"] if s["donor"] in names]
    elif kind == "scan":
        for name in ("changed", "warnings"):
            told[name] = [event[name][place] for place in places]
        if "problems" in event:
            told["problems"] = [event["problems"][i] for i in models]
    elif kind == "groups":
        return [told] if _same(old, after, _PATTERNS) else []
    else:
        moved = places != sorted(places)  # lots depend on the place
        lots = (old.seed != after.seed or moved) and _draws_lots(after)
        if lots or not _same(old, after, _SUMMARY):
            return []
        told["donors"] = [event["donors"][place] for place in places]
    return [told]


def _holds(event: Event, old: MergeSpec, after: MergeSpec) -> bool:
    """What was measured of one donor and one estimator, which need not be the run's."""
    converged = event["event"] == "converge"
    name = event["found"]["donor"] if converged else event["donor"]
    places = [
        next((k for k, d in enumerate(s.donors) if d.name == name), None) for s in (old, after)
    ]
    if places[0] is None or places[1] is None or not _same(old, after, ("base", "seed")):
        return False
    before, now = old.donors[places[0]], after.donors[places[1]]
    if (before.source, before.calibration) != (now.source, now.calibration):
        return False
    if converged:
        return old.density_of(places[0]) == after.density_of(places[1])
    return old.calibration_tokens == after.calibration_tokens and places[0] == places[1]


def kept_downloads(runs: Path, before: str | None) -> list[Event]:
    """The events of a run's journal that tell of downloads, which hold for any run."""
    if before is None:
        return []
    return [e for _, e in RunFolder(runs / before).events() if e["event"] == "download"]


def _draws_lots(spec: MergeSpec) -> bool:
    """Saliency depends on the seed: by the estimator, or by texts that a donor writes itself."""
    own_texts = any(donor.calibration == "self" for donor in spec.donors)
    if spec.estimator not in _WITHOUT_LOTS:
        return True
    return own_texts and bool(find("estimator", spec.estimator).facts.get("needs_statistics"))


def _sources(spec: MergeSpec) -> list[str]:
    return [donor.source for donor in spec.donors]


def _same(old: MergeSpec, after: MergeSpec, fields: tuple[str, ...]) -> bool:
    return all(getattr(old, name) == getattr(after, name) for name in fields)


def _kept_models(old: MergeSpec, after: MergeSpec) -> set[str]:
    """Labels whose scores hold: the base and the donors, alone, in the same dtype."""
    if old.base != after.base or old.dtype != after.dtype or old.seed != after.seed:
        return set()
    theirs = {donor.name: donor.source for donor in after.donors}
    same = {donor.name for donor in old.donors if theirs.get(donor.name) == donor.source}
    return same | {"base"}
