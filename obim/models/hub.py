"""Models of the Hugging Face Hub: what ``hub:org/name@revision`` means and where its files lie.

It looks into the hub's cache on this machine (HF_HOME) and asks no network; `fetching` does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from huggingface_hub import constants

from obim.errors import ModelNotFound

PREFIX = "hub:"
_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_]|[.-](?![.-])){0,95}"
_REF = re.compile(rf"(?P<repo>{_PART}(?:/{_PART})?)(?:@(?P<revision>{_PART}(?:/{_PART})*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_INDEX = "model.safetensors.index.json"

Kind = Literal["full", "adapter"]


@dataclass(frozen=True)
class HubRef:
    """A repository of the hub at a revision.

    Attributes:
        repo: ``org/name``.
        revision: branch, tag or commit.
    """

    repo: str
    revision: str = constants.DEFAULT_REVISION

    def __str__(self) -> str:
        """As people write it: ``org/name``, with ``@revision`` where it isn't the default."""
        plain = self.revision == constants.DEFAULT_REVISION
        return self.repo if plain else f"{self.repo}@{self.revision}"

    @property
    def is_pinned(self) -> bool:
        """The revision is a commit, which never changes."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def folder(self) -> Path:
        """Where the hub's cache keeps the repository, whether or not it is there."""
        return Path(constants.HF_HUB_CACHE) / f"models--{self.repo.replace('/', '--')}"


def is_hub(ref: str) -> bool:
    """A reference means a model of the hub."""
    return ref.startswith(PREFIX)


def parse_hub(text: str) -> HubRef:
    """Read ``org/name`` or ``org/name@revision``, with or without ``hub:`` before it.

    Raises:
        ModelNotFound: it is neither.
    """
    match = _REF.fullmatch(text.strip().removeprefix(PREFIX))
    if match is None:
        raise ModelNotFound(
            "{text!r} is no model of the hub; write org/name or org/name@revision.", text=text[:200]
        )
    return HubRef(match["repo"], match["revision"] or constants.DEFAULT_REVISION)


def commit_of(ref: HubRef) -> str | None:
    """The commit that a revision stood for when it was fetched; None where it never was."""
    if ref.is_pinned:
        return ref.revision
    try:
        commit = (ref.folder / "refs" / ref.revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def snapshot(ref: HubRef) -> Path | None:
    """The folder of a model whose files are all here; None where one is missing."""
    commit = commit_of(ref)
    if commit is None:
        return None
    folder = ref.folder / "snapshots" / commit
    return folder if kind_of(folder) is not None else None


def resolve_hub(text: str) -> Path:
    """The folder in the cache that a reference means.

    Raises:
        ModelNotFound: it is no reference, or the model isn't here.
    """
    ref = parse_hub(text)
    folder = snapshot(ref)
    if folder is None:
        raise ModelNotFound(
            "{model} is not on this machine yet; download it first, on the Models screen or with "
            "`obim download {model}`.",
            model=ref,
        )
    return folder


def pin(text: str) -> str:
    """A reference of the hub with its commit, so that it means the same files for ever.

    Anything else, and what isn't here yet, stays as it is.
    """
    if not is_hub(text):
        return text
    ref = parse_hub(text)
    folder = snapshot(ref)
    return f"{PREFIX}{ref.repo}@{folder.name}" if folder is not None else text


def kind_of(folder: Path) -> Kind | None:
    """What a folder of the cache holds; None unless every file that it needs is there."""
    if (folder / "adapter_config.json").is_file():
        return "adapter" if (folder / "adapter_model.safetensors").is_file() else None
    if not (folder / "config.json").is_file():
        return None
    if not (folder / _INDEX).is_file():
        return "full" if (folder / "model.safetensors").is_file() else None
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        shards = set(index["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return "full" if all((folder / str(shard)).is_file() for shard in shards) else None


def title_of(folder: PurePath) -> str:
    """What a model's folder is called on screen: ``org/name`` in the cache, else its own name."""
    repository = folder.parent.parent
    if folder.parent.name != "snapshots" or not repository.name.startswith("models--"):
        return folder.name
    return repository.name.removeprefix("models--").replace("--", "/", 1)


def fetched_models() -> Iterator[tuple[str, str, Kind]]:
    """(reference, title, kind) of the models in the cache that are whole, by title."""
    for repository in sorted(Path(constants.HF_HUB_CACHE).glob("models--*")):
        found = [(folder, kind_of(folder)) for folder in sorted(repository.glob("snapshots/*"))]
        whole = [(folder, kind) for folder, kind in found if kind is not None]
        for folder, kind in whole:
            title = title_of(folder)
            ref = f"{PREFIX}{title}@{folder.name}"
            yield ref, title if len(whole) == 1 else f"{title}@{folder.name[:7]}", kind
