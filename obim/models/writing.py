"""Write safetensors shards tensor by tensor, never holding more than one.

It plans shards from headers, and leaves the choice of folder and names of other files to others.
"""

import json
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from obim.errors import ExportError
from obim.models.hashing import ContentHash, raw_bytes
from obim.models.safetensors_file import DTYPES, dtype_name
from obim.types import TensorInfo

_CODES = {dtype_name(dtype): code for code, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Shard:
    """One weight file to be.

    Attributes:
        file: its name.
        tensors: what it will hold, in order, with output dtypes.
    """

    file: str
    tensors: tuple[TensorInfo, ...]


def plan_shards(
    tensors: Iterable[TensorInfo], dtype: torch.dtype, shard_bytes: int
) -> tuple[Shard, ...]:
    """Cut tensors, in sorted order, into files of at most ``shard_bytes`` of weights.

    Args:
        tensors: headers of the base; floating ones are written as ``dtype``, others as they are.
        dtype: output dtype.
        shard_bytes: a single tensor may exceed it.
    """
    groups: list[list[TensorInfo]] = [[]]
    size = 0
    for info in sorted(tensors, key=lambda i: i.name):
        floating = bool(getattr(torch, info.dtype).is_floating_point)
        written = dtype if floating else getattr(torch, info.dtype)
        nbytes = info.numel * written.itemsize
        if groups[-1] and size + nbytes > shard_bytes:
            groups.append([])
            size = 0
        size += nbytes
        groups[-1].append(TensorInfo(info.name, info.shape, dtype_name(written), "", nbytes))
    if len(groups) == 1:
        return (Shard("model.safetensors", tuple(groups[0])),)
    count = len(groups)
    return tuple(
        Shard(f"model-{i:05d}-of-{count:05d}.safetensors", tuple(group))
        for i, group in enumerate(groups, 1)
    )


def bytes_written(tensors: Iterable[TensorInfo], dtype: torch.dtype) -> int:
    """Bytes of weights that `plan_shards` of the same headers comes to."""
    shards = plan_shards(tensors, dtype, 1)
    return sum(info.nbytes for shard in shards for info in shard.tensors)


def write_shards(
    folder: Path, shards: Sequence[Shard], tensors: Iterable[tuple[str, Tensor]]
) -> tuple[str, dict[str, Any] | None]:
    """Write all shards.

    Args:
        folder: where to.
        shards: the plan.
        tensors: sorted by name, exactly those of the plan.

    Returns:
        Content hash; the index where there is more than one file.

    Raises:
        ExportError: the tensors aren't those of the plan.
    """
    digest = ContentHash()
    source = iter(tensors)
    for shard in shards:
        with (folder / shard.file).open("wb") as stream:
            stream.write(_header(shard))
            for info in shard.tensors:
                _copy(stream, info, source, digest)
            stream.flush()
            os.fsync(stream.fileno())
    surplus = next(source, None)
    if surplus is not None:
        raise ExportError("Tensor {tensor!r} doesn't belong to this model.", tensor=surplus[0])
    if len(shards) == 1:
        return digest.hexdigest(), None
    total = sum(info.nbytes for shard in shards for info in shard.tensors)
    weight_map = {info.name: shard.file for shard in shards for info in shard.tensors}
    return digest.hexdigest(), {"metadata": {"total_size": total}, "weight_map": weight_map}


def _copy(
    stream: IO[bytes], info: TensorInfo, source: Iterator[tuple[str, Tensor]], digest: ContentHash
) -> None:
    name, tensor = next(source, (None, None))
    if name is None or tensor is None or name != info.name:
        raise ExportError("Tensor {tensor!r} was not merged, or out of turn.", tensor=info.name)
    if tuple(tensor.shape) != info.shape or dtype_name(tensor.dtype) != info.dtype:
        raise ExportError(
            "Tensor {tensor!r} has another shape or dtype than it should have.", tensor=name
        )
    digest.add(name, tensor)
    stream.write(raw_bytes(tensor))


def _header(shard: Shard) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for info in shard.tensors:
        end = offset + info.nbytes
        header[info.name] = {
            "dtype": _CODES[info.dtype],
            "shape": list(info.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    return struct.pack("<Q", len(encoded)) + encoded
