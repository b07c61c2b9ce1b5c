"""A model folder of safetensors files: headers without weights, and one tensor at a time.

It does not build models, and it never opens pickled weights.
"""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from obim.errors import ModelError, ModelNotFound
from obim.models.safetensors_file import SafetensorsFile, open_safetensors
from obim.types import TensorInfo

_HEADS = ("lm_head.weight", "embed_out.weight")


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

    def read(self, name: str, rows: slice | None = None) -> Tensor:
        """The tensor, or some of its rows, in its file dtype: a fresh copy.

        Raises:
            ModelError: there is no such tensor, or its file is damaged.
        """
        info = self.tensors.get(name)
        if info is None:
            raise ModelError("{path} has no tensor called {tensor!r}.", path=self.path, tensor=name)
        return self.files[info.file].read(name, rows)


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
    if any(path.glob("pytorch_model*.bin")):
        raise ModelError(
            "{path} has only pickled weights, which can run code; if you trust them, convert them "
            "once with: {command}",
            path=path,
            command=_conversion(path),
        )
    if any(path.glob("*.bin")) or any(path.glob("*.pt")):
        raise ModelError(
            "{path} has only pickled weights, which can run code; convert it to safetensors first.",
            path=path,
        )
    raise ModelNotFound(
        "{path} holds no model.safetensors; choose a folder with a whole model.", path=path
    )


def _conversion(path: Path) -> str:
    """The command that writes the pickled weights of a folder as safetensors beside them."""
    code = (
        f"from transformers import AutoModelForCausalLM as M; p = {str(path)!r}; "
        "M.from_pretrained(p, dtype='auto').save_pretrained(p)"
    )
    return f"python -c {shlex.quote(code)}"


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
