"""What tells one state of a run's model files from another; their contents are not read."""

import hashlib
import json

from obim.models.sources import files_of
from obim.types import MergeSpec


def model_states(spec: MergeSpec) -> dict[str, str]:
    """Base and donors -> a short hash of what tells one state of their files from another."""
    refs = (spec.base, *(donor.source for donor in spec.donors))
    facts = {ref: json.dumps(files_of(ref)).encode() for ref in refs}
    return {ref: hashlib.sha256(text).hexdigest()[:24] for ref, text in facts.items()}
