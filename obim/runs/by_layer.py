"""Statistics of donors whose model is too large to be in memory whole.

What a donor's weights are, block by block; the measuring itself is in `obim.saliency.layered`.
"""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from obim.runs.bench import Bench
from obim.saliency.calibration import Batch
from obim.types import InputStats

if TYPE_CHECKING:
    from obim.models.layers import LayeredModel


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
