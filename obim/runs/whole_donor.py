"""A donor live and whole in float32, with its calibration texts, and refusals where it can't be.

It measures nothing; that the memory will do is decided in `obim.runs.placing`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from obim.errors import CalibrationError
from obim.runs.bench import BASE, Bench
from obim.runs.desk import Desk
from obim.runs.effort import OWN_TEXT, SHOW
from obim.runs.measuring import OWN_TEXTS, put, texts_of
from obim.runs.naming import layer_of
from obim.runs.placing import place_taking_out
from obim.saliency.calibration import Text
from obim.types import MergeSpec

if TYPE_CHECKING:
    from obim.runs.live import Live


def layers_of(bench: Bench, wanted: Sequence[int]) -> dict[int, list[str]]:
    """Layer -> its file tensors that a merge could change.

    Raises:
        CalibrationError: there is no such layer, or none at all.
    """
    found: dict[int, list[str]] = {}
    for name in bench.floating():
        layer = layer_of(name)
        if layer is not None and (not wanted or layer in wanted):
            found.setdefault(layer, []).append(name)
    if not found or (wanted and set(wanted) != set(found)):
        raise CalibrationError("This model has no such layer; choose others.")
    return dict(sorted(found.items()))


def require_texts(bench: Bench, donor: int) -> None:
    """Refuse a donor that isn't there or has no calibration texts."""
    donors = bench.spec.donors
    if not 0 <= donor < len(donors):
        raise CalibrationError("There is no such donor; choose one of this run.")
    if donors[donor].calibration is None:
        raise CalibrationError(
            "{donor!r} has no calibration texts to measure its loss on; choose texts for it.",
            donor=donors[donor].name,
        )


def open_whole(bench: Bench, specs: Sequence[MergeSpec], desk: Desk) -> "Live":
    """A live model in float32, with room for what these estimators need."""
    from obim.runs.live import Live

    device = place_taking_out(bench, specs)
    desk.tick(0.0, "load", BASE)
    return Live(bench.base, torch.float32, device)


def begin_donor(bench: Bench, live: "Live", index: int, desk: Desk) -> list[Text]:
    """Put a donor into a live model; its calibration texts."""
    load, write = desk.split(SHOW, writing(bench, index))
    put(bench, live, index, load)
    donor = bench.spec.donors[index]
    return texts_of(bench, str(donor.calibration), live.model, write, donor.name)


def writing(bench: Bench, index: int) -> float:
    """The effort of the texts that a donor writes itself."""
    return OWN_TEXTS * OWN_TEXT if bench.spec.donors[index].calibration == "self" else 0.0
