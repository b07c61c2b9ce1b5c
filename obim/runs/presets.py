"""Settings with a name: the stock ones of any merge, and those found best for the demo's donors.

They set what the Merge screen sets beside number format and seed. Nothing is measured here.
"""

import json
from functools import cache

from obim.errors import DemoUnavailable
from obim.runs.choices import default_spec, demo_manifest
from obim.types import MAX_TURNS, Donor, MergeSpec

_ORDER = ("rotate", "scope", "include", "exclude")


def stock(spec: MergeSpec) -> MergeSpec:
    """The spec with density 1/K and scale 1 for each of its K donors, and the usual order."""
    donors = tuple(d.model_copy(update={"density": None, "scale": 1.0}) for d in spec.donors)
    usual = {name: MergeSpec.model_fields[name].default for name in _ORDER}
    rounds = min(MergeSpec.model_fields["rounds"].default, MAX_TURNS // len(donors))
    return spec.model_copy(update={"donors": donors, "rounds": rounds, **usual})


def recommended(spec: MergeSpec) -> MergeSpec | None:
    """The spec with the best settings that were tried for exactly these models; None: none were."""
    wanted = sorted(donor.source for donor in spec.donors)
    for best in _tried():
        if best.base == spec.base and sorted(donor.source for donor in best.donors) == wanted:
            return _like(spec, best)
    return None


def _like(spec: MergeSpec, best: MergeSpec) -> MergeSpec:
    pairs = {d.source: {"density": d.density, "scale": d.scale} for d in best.donors}
    donors = tuple(donor.model_copy(update=pairs[donor.source]) for donor in spec.donors)
    order = {name: getattr(best, name) for name in _ORDER}
    return spec.model_copy(update={"donors": donors, "rounds": best.rounds, **order})


def forgetting() -> MergeSpec | None:
    """The demo's example of training that went on too long, to be merged back onto its base.

    The paper's second setting: an early checkpoint is the base, late ones are donors; here the
    settings are those tried for it. None where the demo isn't installed.
    """
    from obim.models.demo import demo_assets

    try:
        results = demo_assets() / "results" / "forgetting.json"
    except DemoUnavailable:
        return None
    forgot = demo_manifest().get("forgetting")
    if forgot is None or not results.is_file():
        return None
    best, ref = json.loads(results.read_text(encoding="utf-8")), f"demo:{forgot['id']}"
    donor = Donor(
        name=forgot["id"],
        source=ref,
        density=best["density"],
        scale=best["scale"],
        calibration=ref,
    )
    return MergeSpec(base="demo:base", donors=(donor,))


@cache
def _tried() -> tuple[MergeSpec, ...]:
    """The demo's preset, and its adapter that forgot, merged back alone; none without the demo."""
    try:
        found = [default_spec()]
    except DemoUnavailable:
        return ()
    forgot = forgetting()
    return (*found, forgot) if forgot is not None else tuple(found)
