"""One safetensors file: its header, and its tensors, or some of their rows, by offset.

It parses the header itself and copies values out of the file, so nothing stays mapped.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obim.errors import ModelError
from obim.types import TensorInfo

DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
_HEADER_LIMIT = 100_000_000


def dtype_name(dtype: torch.dtype) -> str:
    """``torch.bfloat16`` -> ``bfloat16``."""
    return str(dtype).removeprefix("torch.")


@dataclass(frozen=True)
class SafetensorsFile:
    """One safetensors file: its header, and reads by offset.

    Attributes:
        path: of the file.
        tensors: name -> what the header says.
        offsets: name -> (first byte, end) counted from the start of the file.
    """

    path: Path
    tensors: dict[str, TensorInfo]
    offsets: dict[str, tuple[int, int]]

    def read(self, name: str, rows: slice | None = None) -> Tensor:
        """The tensor as stored, or some of its rows (along its first axis), in memory of its own.

        Raises:
            ModelError: the file can't be read or ends too early.
        """
        info = self.tensors[name]
        start, end = self.offsets[name]
        dtype, shape = getattr(torch, info.dtype), info.shape
        if rows is not None:
            first, last, _ = rows.indices(shape[0])
            each = (end - start) // max(1, shape[0])
            start, end, shape = (
                start + first * each,
                start + last * each,
                (last - first, *shape[1:]),
            )
        if end == start:
            return torch.empty(shape, dtype=dtype)
        buffer = bytearray(end - start)
        try:
            with self.path.open("rb") as stream:
                stream.seek(start)
                got = stream.readinto(buffer)
        except OSError as error:
            raise ModelError(
                "{path} can't be read ({reason}).", path=self.path, reason=error.strerror
            ) from error
        if got != len(buffer):
            raise ModelError(
                "{path} ends before tensor {tensor!r} does; copy the file again.",
                path=self.path,
                tensor=name,
            )
        return torch.frombuffer(buffer, dtype=dtype).reshape(shape)


def open_safetensors(path: Path) -> SafetensorsFile:
    """Read the header of one safetensors file.

    Raises:
        ModelError: it is missing, cut short, no safetensors file, or of numbers not known here.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(_HEADER_LIMIT, size - 8):
                raise ValueError("header longer than the file")
            header = json.loads(stream.read(length))
        tensors, offsets = _parse(header, path, 8 + length, size)
    except OSError as error:
        raise ModelError(
            "{path} can't be opened ({reason}).", path=path, reason=error.strerror
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, struct.error) as error:
        raise ModelError(
            "{path} is not a whole safetensors file ({reason}); copy or download it again.",
            path=path,
            reason=error,
        ) from error
    return SafetensorsFile(path, tensors, offsets)


def _parse(
    header: dict[str, Any], path: Path, origin: int, size: int
) -> tuple[dict[str, TensorInfo], dict[str, tuple[int, int]]]:
    tensors, offsets = {}, {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in DTYPES:
            raise ModelError(
                "{path} holds numbers of the type {dtype!r}, which can't be merged; choose the "
                "model in bfloat16, float16 or float32.",
                path=path,
                dtype=str(entry["dtype"]),
            )
        dtype = DTYPES[entry["dtype"]]
        begin, end = entry["data_offsets"]
        info = TensorInfo(name, tuple(entry["shape"]), dtype_name(dtype), path.name, end - begin)
        if not 0 <= begin <= end <= size - origin:
            raise ValueError(f"tensor {name!r} lies beyond the end of the file")
        if info.numel * dtype.itemsize != info.nbytes:
            raise ValueError(f"tensor {name!r} has the wrong number of bytes")
        tensors[name], offsets[name] = info, (origin + begin, origin + end)
    return tensors, offsets
