"""Turns -> donors: the owner map as an export carries it, written while the weights are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from obim.models.owner_map import Add, Owners, write_owner_map
from obim.registry import find
from obim.runs.bench import Bench
from obim.types import MergeSpec


def is_exclusive(spec: MergeSpec) -> bool:
    """Whether every position has one owner at most by the method of the spec."""
    return bool(find("merge_method", spec.method).facts.get("exclusive"))


class OwnerFile:
    """Takes the owner maps of a merge, one tensor after the other, and writes them.

    Attributes:
        nbytes: what the file takes at most.
    """

    def __init__(self, bench: Bench) -> None:
        self._tensors = bench.base.tensors
        self._donor_of = np.zeros(256, np.uint8)
        for visit in bench.plan.visits:
            self._donor_of[visit.number] = visit.donor + 1
        self._add: Add | None = None
        self.nbytes = sum(size for _, size in bench.sizes())

    @contextmanager
    def open(self, folder: Path) -> Iterator[None]:
        """While this lasts, what is noted goes to a file in the folder."""
        with write_owner_map(folder) as self._add:
            yield
        self._add = None

    def note(self, name: str, turns: Owners) -> None:
        """Write one tensor's owners; nothing where no file is open.

        Args:
            name: of the tensor.
            turns: (numel,), the turn that claimed a position each, 0: none.
        """
        if self._add is not None:
            self._add(name, self._donor_of[turns].reshape(self._tensors[name].shape))
