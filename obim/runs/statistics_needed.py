"""Whether a run needs statistics, and under what a donor's are kept. It measures none."""

import hashlib
import json
from typing import Any

from obim.models.sources import files_of
from obim.registry import find
from obim.runs.texts_state import texts_state
from obim.types import MergeSpec


def needs_statistics(spec: MergeSpec) -> bool:
    """The estimator of the spec needs calibration texts."""
    return bool(find("estimator", spec.estimator).facts.get("needs_statistics"))


def stats_key(spec: MergeSpec, index: int, texts: list[Any] | None = None) -> str:
    """Under what the statistics of a donor are kept: all that they depend on.

    Args:
        spec: names base and donors.
        index: of the donor.
        texts: state of its calibration texts; None: as they are now.
    """
    donor = spec.donors[index]
    estimated = find("estimator", spec.estimator).facts
    drawn = donor.calibration == "self" or estimated.get("draws", False)
    files = [files_of(spec.base), files_of(donor.source)]
    facts: list[Any] = [spec.base, donor.source, files, texts or texts_state(donor)]
    facts += [spec.calibration_tokens]
    facts += [spec.seed if drawn else None, estimated.get("statistics", "inputs")]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
