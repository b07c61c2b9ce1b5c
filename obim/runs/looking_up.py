"""The LookUp job: what a model of the hub takes, to fetch it and to merge with it. It fetches none.

A model that the run names is looked at in its place; any other as one more donor of the run.
"""

from pathlib import Path

from obim.models.hub import PREFIX, parse_hub
from obim.runs.desk import Desk
from obim.runs.folder import RunFolder
from obim.runs.foreseeing import foresee_run
from obim.runs.foretelling import foretell, not_here
from obim.runs.jobs import LookUp
from obim.types import MAX_TURNS, Donor, MergeSpec

_LONGEST = 100
"""Characters of a donor's name."""


def run_look_up(folder: RunFolder, job: LookUp, desk: Desk, exports: Path) -> None:
    """Ask the hub for headers, and journal what they tell; of the run nothing changes."""
    hub = parse_hub(job.model)
    ref = f"{PREFIX}{hub}"
    spec = with_model(folder.spec(), ref, str(hub))
    wanted = list(dict.fromkeys((ref, *not_here(spec))))
    asking = foretell(spec, wanted, exports, lambda bench: foresee_run(bench, exports))
    outlook = desk.drain(asking, "list", str(hub))
    folder.mend()
    folder.append({"event": "look_up", "outlook": outlook.model_dump(mode="json")}, durable=True)


def with_model(spec: MergeSpec, ref: str, name: str) -> MergeSpec:
    """The recipe, with a model as its last donor where it doesn't name it yet."""
    if ref in (spec.base, *(donor.source for donor in spec.donors)):
        return spec
    taken, name = {donor.name for donor in spec.donors}, name[:_LONGEST]
    while name in taken:
        name += "+"
    donors = (*spec.donors, Donor(name=name, source=ref, calibration="self"))
    rounds = min(spec.rounds, MAX_TURNS // len(donors))
    return spec.model_copy(update={"donors": donors, "rounds": rounds})
