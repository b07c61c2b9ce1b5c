"""The owner map of an exported model, tensor by tensor: ``owner_map.npz``, as numpy reads it.

0 is the base, k the donor number k of the recipe, counted from 1. It decides nothing.
"""

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obim.errors import ExportError

NAME = "owner_map.npz"
_LEVEL = 1
"""Of compression: higher ones take many times as long for a few per cent."""

Owners = NDArray[np.uint8]
Add = Callable[[str, Owners], None]


@contextmanager
def write_owner_map(folder: Path) -> Iterator[Add]:
    """Write the map into a folder; what is yielded takes one tensor's owners after the other."""
    with (folder / NAME).open("wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:

            def add(name: str, owners: Owners) -> None:
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, owners, allow_pickle=False)

            yield add
        stream.flush()
        os.fsync(stream.fileno())


class OwnerMap:
    """The map in an exported folder; arrays are read when they are asked for.

    Attributes:
        path: of the file.
    """

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            ExportError: the folder has none, or it is damaged.
        """
        self.path = folder / NAME
        if not self.path.is_file():
            raise ExportError(
                "{path} has no map of owners (owner_map.npz); export it again with the map.",
                path=folder,
            )
        self._file: Any = self._guarded(lambda: np.load(self.path, allow_pickle=False))
        self.names: frozenset[str] = frozenset(self._file.files)

    def read(self, name: str, shape: tuple[int, ...]) -> Owners:
        """The owners of one tensor's positions; the base's where the map leaves the tensor out.

        Raises:
            ExportError: the file is damaged or of another model.
        """
        if name not in self.names:
            return np.zeros(shape, np.uint8)
        owners: Owners = self._guarded(lambda: self._file[name])
        if owners.dtype != np.uint8 or owners.shape != shape:
            raise self._damaged()
        return owners

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _guarded(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise self._damaged() from error

    def _damaged(self) -> ExportError:
        return ExportError(
            "{path} is damaged or of another model; copy the exported folder again.", path=self.path
        )
