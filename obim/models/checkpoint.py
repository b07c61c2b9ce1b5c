"""A model folder of safetensors files: headers without weights, and one tensor at a time.

It parses headers itself and copies values out of the file, so nothing stays mapped. It does not
build models, and it never opens pickled weights.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obim.errors import ModelError, ModelNotFound
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
_HEADS = ("lm_head.weight", "embed_out.weight")


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

    def read(self, name: str) -> Tensor:
        """The tensor as stored, in memory of its own.

        Raises:
            ModelError: the file can't be read or ends too early.
        """
        info = self.tensors[name]
        start, end = self.offsets[name]
        dtype = getattr(torch, info.dtype)
        if end == start:
            return torch.empty(info.shape, dtype=dtype)
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
        return torch.frombuffer(buffer, dtype=dtype).reshape(info.shape)


@dataclass(frozen=True)
class Checkpoint:
    """A model folder, its weights still on disk.

    Attributes:
        path: the folder.
        config: config.json.
        tensors: file tensor name -> header facts, sorted by name.
        tied: the output head is the input embedding and no file stores it.
        parameters: number of weights in the files.
        files: file name -> the open header.
    """

    path: Path
    config: dict[str, Any]
    tensors: dict[str, TensorInfo]
    tied: bool
    parameters: int
    files: dict[str, SafetensorsFile]

    def read(self, name: str) -> Tensor:
        """The tensor in its file dtype: a fresh copy.

        Raises:
            ModelError: there is no such tensor, or its file is damaged.
        """
        info = self.tensors.get(name)
        if info is None:
            raise ModelError("{path} has no tensor called {tensor!r}.", path=self.path, tensor=name)
        return self.files[info.file].read(name)


def open_safetensors(path: Path) -> SafetensorsFile:
    """Read the header of one safetensors file.

    Raises:
        ModelError: it is missing, cut short, or not a safetensors file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(_HEADER_LIMIT, size - 8):
                raise ValueError("header longer than the file")
            header = json.loads(stream.read(length))
        tensors, offsets = _parse(header, path.name, 8 + length, size)
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
    header: dict[str, Any], file: str, origin: int, size: int
) -> tuple[dict[str, TensorInfo], dict[str, tuple[int, int]]]:
    tensors, offsets = {}, {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"tensor {name!r} has the unsupported type {entry['dtype']}")
        dtype = DTYPES[entry["dtype"]]
        begin, end = entry["data_offsets"]
        info = TensorInfo(name, tuple(entry["shape"]), dtype_name(dtype), file, end - begin)
        if not 0 <= begin <= end <= size - origin:
            raise ValueError(f"tensor {name!r} lies beyond the end of the file")
        if info.numel * dtype.itemsize != info.nbytes:
            raise ValueError(f"tensor {name!r} has the wrong number of bytes")
        tensors[name], offsets[name] = info, (origin + begin, origin + end)
    return tensors, offsets


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a model folder.

    Raises:
        ModelError: it can't be read, or holds no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            "{path} can't be read as JSON; copy the model again.", path=path
        ) from error
    if not isinstance(value, dict):
        raise ModelError("{path} holds no JSON object; copy the model again.", path=path)
    return value


def _shards(path: Path) -> Iterable[Path]:
    index = path / "model.safetensors.index.json"
    if index.is_file():
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise ModelError("{path} lists no tensors; copy the model again.", path=index)
        names = sorted({str(name) for name in weight_map.values()})
        for name in names:
            if Path(name).name != name:
                raise ModelError(
                    "{path} points outside its folder ({shard}); it is refused.",
                    path=index,
                    shard=name,
                )
            if not (path / name).is_file():
                raise ModelError(
                    "{path} lacks the shard {shard}; copy the whole model folder.",
                    path=path,
                    shard=name,
                )
        return [path / name for name in names]
    if (path / "model.safetensors").is_file():
        return [path / "model.safetensors"]
    if any(path.glob("*.bin")) or any(path.glob("*.pt")):
        raise ModelError(
            "{path} has only pickled weights, which can run code; convert it to safetensors first.",
            path=path,
        )
    raise ModelNotFound(
        "{path} holds no model.safetensors; choose a folder with a whole model.", path=path
    )


def open_checkpoint(path: Path | str) -> Checkpoint:
    """Open a model folder by its headers alone; no weights are read.

    Raises:
        ModelNotFound: there is no such folder, or no model in it.
        ModelError: a file of the model is missing or damaged.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ModelNotFound("{path} is not a folder; choose a model folder.", path=folder)
    if not (folder / "config.json").is_file():
        raise ModelNotFound("{path} has no config.json; choose a whole model folder.", path=folder)
    config = read_json(folder / "config.json")
    files = {shard.name: open_safetensors(shard) for shard in _shards(folder)}
    tensors: dict[str, TensorInfo] = {}
    for file in files.values():
        for name, info in file.tensors.items():
            if name in tensors:
                raise ModelError(
                    "{path} stores {tensor!r} twice; its files don't fit.", path=folder, tensor=name
                )
            tensors[name] = info
    index = folder / "model.safetensors.index.json"
    listed = read_json(index)["weight_map"] if index.is_file() else ()
    for name in listed:
        if name not in tensors:
            raise ModelError(
                "{path} lacks tensor {tensor!r}; copy the whole model again.",
                path=folder,
                tensor=name,
            )
    tensors = dict(sorted(tensors.items()))
    has_head = any(name.endswith(_HEADS) for name in tensors)
    tied = not has_head and config.get("tie_word_embeddings", True) is not False
    parameters = sum(info.numel for info in tensors.values())
    return Checkpoint(folder, config, tensors, tied, parameters, files)
