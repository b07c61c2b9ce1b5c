"""The content hash of a model: what it holds, however its files are cut.

It reads no files.
"""

import hashlib
import json
from collections.abc import Iterable

import torch
from torch import Tensor

from obim.models.safetensors_file import dtype_name


class ContentHash:
    """sha256 over (name, dtype, shape, values), fed in sorted order of names."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._last: str | None = None

    def add(self, name: str, tensor: Tensor) -> None:
        """Feed one tensor.

        Raises:
            ValueError: its name doesn't come after the last one.
        """
        if self._last is not None and name <= self._last:
            raise ValueError(f"tensors must come sorted by name; {name!r} came late")
        self._last = name
        facts = json.dumps([name, dtype_name(tensor.dtype), list(tensor.shape)])
        self._digest.update(facts.encode())
        self._digest.update(raw_bytes(tensor))

    def hexdigest(self) -> str:
        """The hash so far, hex."""
        return self._digest.hexdigest()


def content_hash(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """sha256 (hex) over names, dtypes, shapes and values.

    Args:
        tensors: sorted by name, each name once.
    """
    digest = ContentHash()
    for name, tensor in tensors:
        digest.add(name, tensor)
    return digest.hexdigest()


def raw_bytes(tensor: Tensor) -> memoryview:
    """The values as stored, row-major."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data if flat.numel() else memoryview(b"")
