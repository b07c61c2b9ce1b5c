"""What the labels of merges mean: other methods, stock or tuned, and OBIM with one part taken away.

It merges nothing: a label becomes the spec of a merge.
"""

from collections.abc import Mapping
from typing import Any

from obim.errors import RunError
from obim.registry import names
from obim.runs.tuned import TUNED, Settings
from obim.runs.varying import order_of
from obim.types import MergeSpec

_AT = "@"
_SPEC = "spec@"
_TAKEN_AWAY: dict[str, dict[str, Any]] = {
    "obim:magnitude": {"estimator": "magnitude"},
    "obim:random": {"estimator": "random"},
    "obim:one_round": {"rounds": 1},
    "obim:trim_average": {"method": "trim_average"},
}
"""Label -> the one thing that differs from the run's own spec."""


def ablations(spec: MergeSpec) -> list[str]:
    """Labels of the merges that have one part of this spec taken away and can be made."""
    return [
        label
        for label, change in _TAKEN_AWAY.items()
        if spec.model_copy(update=change) != spec
        and not (label == "obim:trim_average" and spec.scope == "global")
    ]


def exact(label: str, tuned: Mapping[str, Settings]) -> str:
    """The label with its settings written out where it means a tuned method.

    Args:
        label: of a merge.
        tuned: method -> best settings.

    Raises:
        RunError: that method was not tuned yet.
    """
    if not label.endswith(TUNED):
        return label
    method = label.removesuffix(TUNED)
    if method not in tuned:
        raise RunError("{model!r} has no tuned settings yet; tune the methods first.", model=method)
    return tried(method, tuned[method])


def tried(method: str, settings: Settings) -> str:
    """The label of a method with given settings."""
    return f"{method}{_AT}{settings.model_dump_json()}"


def set_to(spec: MergeSpec) -> str:
    """The label of the merge that a spec of the same donors gives, in whatever order."""
    return f"{_SPEC}{spec.model_dump_json()}"


def is_merge(label: str) -> bool:
    """Whether a label means a merge other than that of the run's turns."""
    method = label.partition(_AT)[0].removesuffix(TUNED)
    return label in _TAKEN_AWAY or label.startswith(_SPEC) or method in names("merge_method")


def variant(spec: MergeSpec, label: str) -> MergeSpec:
    """The spec of a merge.

    Args:
        spec: of the run.
        label: the name of a merge method, which runs with density 1/K and scale 1; an ablation,
            which is ``spec`` but for one thing; or what `exact`, `tried` or `set_to` return.

    Raises:
        RunError: it can't be read, or is no merge of this run's models.
    """
    if label in _TAKEN_AWAY:
        return spec.model_copy(update=_TAKEN_AWAY[label])
    method, _, text = label.partition(_AT)
    try:
        if label.startswith(_SPEC):
            return _alike(spec, MergeSpec.model_validate_json(text))
        return _with(spec, method, Settings.model_validate_json(text) if text else None)
    except ValueError as error:
        raise RunError(
            "There is no model called {model!r} in this run; check its name.", model=label
        ) from error


def _alike(spec: MergeSpec, other: MergeSpec) -> MergeSpec:
    """Another spec, if it is of the same models, as it may be tried on this run."""
    order_of(spec, other)
    return other


def _with(spec: MergeSpec, method: str, given: Settings | None) -> MergeSpec:
    """Another method with settings of its own; None: stock ones."""
    settings = given or Settings(scales=(1.0,) * len(spec.donors))
    donors = tuple(
        donor.model_copy(update={"density": settings.density, "scale": scale})
        for donor, scale in zip(spec.donors, settings.scales, strict=True)
    )
    normal = settings.normalize if given else spec.normalize
    return spec.model_copy(update={"method": method, "donors": donors, "normalize": normal})
