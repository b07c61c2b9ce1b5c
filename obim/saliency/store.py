"""Statistics of a donor on disk: one safetensors file, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from obim.errors import RunError
from obim.types import InputStats, TensorStats

_VERSION = 2
_LARGE = 1 << 20
"""Entries from which a term stays in the file, to be paged in and out as it is used."""


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
        "gains": {name: len(entry.gains) for name, entry in stats.tensors.items() if entry.gains},
        "figures": stats.figures,
    }
    for name, entry in stats.tensors.items():
        for mark, terms in (("#", entry.curvature), ("*", entry.gains)):
            for i, term in enumerate(terms):
                tensors[f"{name}{mark}{i}"] = term.float().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    save_file(tensors, partial, metadata={"obim": json.dumps(facts)})
    with partial.open("rb+") as stream:
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
            lexicographic, gains = set(facts["lexicographic"]), facts["gains"]
            tensors = {
                name: TensorStats(
                    tuple(_take(file, f"{name}#{i}") for i in range(terms)),
                    name in lexicographic,
                    tuple(_take(file, f"{name}*{i}") for i in range(gains.get(name, 0))),
                )
                for name, terms in facts["terms"].items()
            }
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            "The statistics in {path} can't be read; measure them again.", path=path
        ) from error
    return InputStats(tensors, facts["tokens"], facts["texts"], facts["missing"], facts["figures"])


def _take(file: Any, key: str) -> Tensor:
    term: Tensor = file.get_tensor(key)
    return term if term.numel() >= _LARGE else term.clone()
