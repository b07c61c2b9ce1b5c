"""Statistics of donors whose model is too large to be in memory whole.

Whether it is, and what a donor's weights are block by block; the measuring itself is in
`obim.saliency.layered`.
"""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
from torch import Tensor

from obim.errors import CalibrationError
from obim.runs.bench import Bench
from obim.saliency.calibration import Batch
from obim.types import InputStats

if TYPE_CHECKING:
    from obim.models.layers import LayeredModel

_COMFORTABLE, _TIGHT = 0.5, 0.9
"""Shares of the free memory that a live model may take."""
_FLOAT32 = 4


def too_large(bench: Bench, indices: Sequence[int]) -> bool:
    """These donors have to be measured layer by layer.

    That is where a model in float32 would take over half of the free memory. A donor that writes
    its own calibration texts has to be there whole, so then nearly all of it may be taken.

    Raises:
        CalibrationError: a donor would write its own texts and can't be there whole.
    """
    need, free = _FLOAT32 * bench.base.parameters, psutil.virtual_memory().available
    if need <= _COMFORTABLE * free:
        return False
    writers = [d.name for d in (bench.spec.donors[i] for i in indices) if d.calibration == "self"]
    if not writers:
        return True
    if need <= _TIGHT * free:
        return False
    raise CalibrationError(
        "{donor!r} is too large to write its own calibration texts (it takes {need:.1f} GB of "
        "memory, {free:.1f} GB are free); give it calibration texts.",
        donor=writers[0],
        need=need / 1e9,
        free=free / 1e9,
    )


def collect(
    bench: Bench, layered: "LayeredModel", index: int, rows: Sequence[Batch]
) -> Generator[float, None, InputStats]:
    """See `obim.saliency.layered.collect_by_layer`, for one donor of the run."""
    from obim.saliency.layered import collect_by_layer

    donor = bench.donors[index]

    def read(name: str, rows: slice | None) -> Tensor:
        stored = bench.base.read(name, rows)
        if not stored.is_floating_point():
            return stored
        delta = donor.delta(name, stored, rows)
        return stored.float() if delta is None else stored.float() + delta

    return collect_by_layer(layered, read, rows)
