"""Write a merged model as a whole folder, or not at all; hash and check it.

It writes what it is given, under a temporary name until all is on disk and the caller's check of
it has passed. It merges nothing.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obim.errors import ExportError
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.disk import explain, require_room
from obim.models.hashing import content_hash
from obim.models.safetensors_file import dtype_name
from obim.models.temporary import make_temporary
from obim.models.writing import Shard, bytes_written, plan_shards, write_shards

_KEPT = {".json", ".txt", ".model", ".jinja", ".tiktoken"}
_LICENCES = ("LICENSE", "LICENCE", "NOTICE")
_DROPPED = {"config.json", "adapter_config.json", "trainer_state.json", "evaluation.json"}

Look = Callable[[str, Tensor], None]
Beside = Callable[[Path], AbstractContextManager[object]]


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        path: the folder.
        content_hash: of names, dtypes, shapes and values.
        nbytes: bytes of all files.
        shards: number of weight files.
        tensors: number of tensors.
    """

    path: Path
    content_hash: str
    nbytes: int
    shards: int
    tensors: int


def export(
    out: Path,
    base: Checkpoint,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    dtype: torch.dtype,
    shard_bytes: int,
    recipe: str,
    card: str,
    extra_files: Mapping[str, str] | None = None,
    beside: Beside | None = None,
    beside_bytes: int = 0,
    check: Callable[[Path, str], None] | None = None,
) -> ExportReport:
    """Write a model folder; it appears under its name only when it is whole and checked.

    Args:
        out: folder to make; its parent is made where needed.
        base: gives config, tokenizer and generation config.
        tensors: every file tensor of the base, sorted by name, in the output dtype.
        dtype: output dtype, for the config and the space needed.
        shard_bytes: bytes of weights a file at most (one tensor at least).
        recipe: text of recipe.yaml.
        card: text of README.md.
        extra_files: further file name -> text.
        beside: handed the folder under its temporary name; what it returns is entered before the
            weights are written and left after, so that another file grows with them.
        beside_bytes: what that file takes at most.
        check: handed the finished folder, still under its temporary name, and the content hash of
            what was merged; what it raises ends the export and nothing is left.

    Raises:
        ExportError: the target exists, the disk is full or read-only, or tensors are amiss.
    """
    out = out.expanduser().absolute()
    if out.exists() or out.is_symlink():
        raise ExportError("{path} exists already; choose another name.", path=out)
    temporary: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        require_room(out.parent, bytes_written(base.tensors.values(), dtype) + beside_bytes)
        temporary = make_temporary(out.parent)
        texts = {"recipe.yaml": recipe, "README.md": card, **(extra_files or {})}
        shards = plan_shards(base.tensors.values(), dtype, shard_bytes)
        with (beside or nullcontext)(temporary):
            _copy(temporary, base, dtype, texts)
            written = write_shards(temporary, shards, tensors)
        report = _complete(temporary, base, shards, *written)
        if check is not None:
            check(temporary, report[0])
        _publish(temporary, out)
    except OSError as error:
        raise explain(error, out) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return ExportReport(out, *report)


def _publish(temporary: Path, out: Path) -> None:
    """Give the finished folder its name, and the whole folder only."""
    os.chmod(temporary, 0o755)
    _sync(temporary)
    if out.exists():
        raise ExportError("{path} exists already; choose another name.", path=out)
    os.rename(temporary, out)
    _sync(out.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(folder: Path, base: Checkpoint, dtype: torch.dtype, texts: Mapping[str, str]) -> None:
    """All small files: those of the base that hold for the merge too, and texts."""
    for source in sorted(base.path.iterdir()):
        if _is_kept(source):
            _write(folder / source.name, source.read_bytes())
    config = {**base.config, "dtype": dtype_name(dtype)}
    config.pop("torch_dtype", None)
    _write(folder / "config.json", _json(config))
    for name, text in texts.items():
        if Path(name).name != name or name == "config.json" or name.endswith(".safetensors"):
            raise ExportError("{name!r} is no name for a text file of the model folder.", name=name)
        _write(folder / name, text.encode())


def _complete(
    folder: Path,
    base: Checkpoint,
    shards: tuple[Shard, ...],
    digest: str,
    index: dict[str, Any] | None,
) -> tuple[str, int, int, int]:
    if index is not None:
        _write(folder / "model.safetensors.index.json", _json(index))
    nbytes = sum(file.stat().st_size for file in folder.iterdir())
    return digest, nbytes, len(shards), len(base.tensors)


def _is_kept(source: Path) -> bool:
    name = source.name
    if not source.is_file() or name in _DROPPED or name.endswith(".index.json"):
        return False
    return source.suffix.lower() in _KEPT or name.upper().startswith(_LICENCES)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def hash_folder(path: Path, look: Look | None = None) -> str:
    """``content_hash`` of a model folder, read back from disk.

    Args:
        path: the folder.
        look: handed each (name, tensor) that was read.
    """
    checkpoint = open_checkpoint(path)

    def read() -> Iterator[tuple[str, Tensor]]:
        for name in checkpoint.tensors:
            tensor = checkpoint.read(name)
            if look is not None:
                look(name, tensor)
            yield name, tensor

    return content_hash(read())


def verify(path: Path, expected_hash: str, look: Look | None = None) -> None:
    """Read a written folder back and compare it with what was merged.

    Args:
        path: the folder.
        expected_hash: of what was merged.
        look: handed each (name, tensor) that was read.

    Raises:
        ExportError: the values on disk aren't those that were merged.
    """
    if hash_folder(path, look) != expected_hash:
        raise ExportError(
            "What was read back from the disk isn't what was merged; the disk may be damaged, so "
            "export to another one."
        )
