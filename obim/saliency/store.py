"""Statistics of a donor on disk: one safetensors file, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from obim.errors import RunError
from obim.types import InputStats, TensorStats

_VERSION = 1


def save_stats(stats: InputStats, path: Path) -> None:
    """Write ``stats`` to ``path``, replacing what is there in one step."""
    tensors: dict[str, Tensor] = {}
    facts: dict[str, Any] = {
        "version": _VERSION,
        "tokens": stats.tokens,
        "texts": stats.texts,
        "missing": stats.missing,
        "terms": {name: len(entry.curvature) for name, entry in stats.tensors.items()},
        "lexicographic": sorted(n for n, entry in stats.tensors.items() if entry.lexicographic),
    }
    for name, entry in stats.tensors.items():
        for i, term in enumerate(entry.curvature):
            tensors[f"{name}#{i}"] = term.float().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as stream:
        stream.write(save(tensors, metadata={"obim": json.dumps(facts)}))
        stream.flush()
        os.fsync(stream.fileno())  # before the rename: a power cut leaves the old file or this one
    os.replace(partial, path)


def load_stats(path: Path) -> InputStats:
    """Read what ``save_stats`` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["obim"])
            if facts["version"] != _VERSION:
                raise ValueError(f"version {facts['version']}")
            lexicographic = set(facts["lexicographic"])
            tensors = {
                name: TensorStats(
                    tuple(file.get_tensor(f"{name}#{i}").clone() for i in range(terms)),
                    name in lexicographic,
                )
                for name, terms in facts["terms"].items()
            }
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            "The statistics in {path} can't be read; measure them again.", path=path
        ) from error
    return InputStats(tensors, facts["tokens"], facts["texts"], facts["missing"])
