"""One exported folder as a run tells of it, also where an earlier version wrote it down.

It writes and checks no folder.
"""

from collections.abc import Mapping
from typing import Any

from obim.types import Frozen, MergeSpec


class ExportState(Frozen):
    """One exported folder.

    Attributes:
        path: absolute.
        files: name -> bytes.
        content_hash: sha256 over names, dtypes, shapes, values.
        identical: the folder read back equals the merge in the folder's dtype, bit for bit.
        exact: every value is the merge's own, so the dtype rounded none.
        turn: which turn it holds.
        evaluated: the merge had been scored at that turn.
    """

    name: str
    path: str
    dtype: str
    files: dict[str, int]
    content_hash: str
    identical: bool
    exact: bool
    turn: int
    evaluated: bool


def exported(entry: Mapping[str, Any], spec: MergeSpec) -> ExportState:
    """An export from a journal.

    Earlier versions compared with the values of the merge only: in another dtype they took mere
    rounding for a difference, though the content hash had been checked.
    """
    told = dict(entry)
    if "exact" not in told:
        told["exact"] = told["identical"]
        told["identical"] = told["identical"] or told["dtype"] != spec.dtype
    return ExportState(**told)
