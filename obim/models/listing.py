"""Which files of a repository of the hub make a model, and how large they are: no weight is read.

It asks the hub for the list of files and for the headers of the weights; it downloads nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import NotASafetensorsRepoError, SafetensorsParsingError
from huggingface_hub.utils import SafetensorsFileMetadata  # type: ignore[attr-defined]

from obim.errors import DownloadError
from obim.models.hub import HubRef, Kind

_SETTINGS = {
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "chat_template.jinja",
    "chat_template.json",
}
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_DTYPES = {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"}
"""Number formats of tensors that can be read, as safetensors spells them; not the 8-bit floats."""
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True)
class Wanted:
    """One file to fetch.

    Attributes:
        name: in the repository.
        size: bytes.
        sha256: of the content where the hub says it, else None.
    """

    name: str
    size: int
    sha256: str | None

    @property
    def is_weights(self) -> bool:
        """It holds weights, and may be large."""
        return self.name.endswith(".safetensors")


@dataclass(frozen=True)
class Listing:
    """A model in the hub.

    Attributes:
        ref: the repository at the commit that its revision stands for now.
        kind: a whole model or an adapter.
        files: what to fetch, weights last, so that a folder without them is known as unfinished.
        headers: file with weights -> its header, as huggingface_hub reads it.
    """

    ref: HubRef
    kind: Kind
    files: tuple[Wanted, ...]
    headers: Mapping[str, SafetensorsFileMetadata]

    @property
    def nbytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def list_files(ref: HubRef, api: HfApi) -> Listing:
    """Ask the hub which files make the model.

    Raises:
        DownloadError: its weights are pickled, missing, or in a format that can't be merged.
        Exception: whatever huggingface_hub raises where the hub can't be asked.
    """
    info = api.model_info(ref.repo, revision=ref.revision, files_metadata=True)
    pinned = HubRef(ref.repo, str(info.sha))
    there = {file.rfilename: file for file in info.siblings or [] if "/" not in file.rfilename}
    kind: Kind = "adapter" if _ADAPTER[0] in there else "full"
    if (info.config or {}).get("quantization_config"):
        raise DownloadError("{model} is quantised; choose the unquantised model.", model=ref.repo)
    headers = _headers(pinned, kind, there, api)
    plain = set(_ADAPTER[:1]) if kind == "adapter" else _SETTINGS
    if kind == "full" and "config.json" not in there:
        raise DownloadError(
            "{model} has no config.json, so it is no model for transformers; choose another.",
            model=ref,
        )
    names = [*sorted((plain | {constants.SAFETENSORS_INDEX_FILE}) & there.keys()), *headers]
    files = tuple(_wanted(there[name]) for name in names)
    return Listing(pinned, kind, files, headers)


def _headers(
    ref: HubRef, kind: Kind, there: dict[str, Any], api: HfApi
) -> dict[str, SafetensorsFileMetadata]:
    """Files with weights, sorted, and their headers, found mergeable."""
    try:
        if kind == "adapter":
            if _ADAPTER[1] not in there:
                raise NotASafetensorsRepoError
            header = api.parse_safetensors_file_metadata(
                ref.repo, _ADAPTER[1], revision=ref.revision
            )
            headers = {_ADAPTER[1]: header}
        else:
            found = api.get_safetensors_metadata(ref.repo, revision=ref.revision)
            headers = found.files_metadata
    except NotASafetensorsRepoError:
        raise _no_weights(ref, there) from None
    except SafetensorsParsingError as error:
        raise DownloadError(
            "The weights of {model} are no safetensors files, whatever their name says; choose "
            "another model.",
            model=ref.repo,
        ) from error
    dtypes = {tensor.dtype for header in headers.values() for tensor in header.tensors.values()}
    _refuse_dtypes(ref, dtypes)
    lacking = sorted(headers.keys() - there.keys())
    if lacking:
        raise DownloadError(
            "{model} lacks the file {file} that its index names; choose another model.",
            model=ref.repo,
            file=lacking[0],
        )
    return dict(sorted(headers.items()))


def _refuse_dtypes(ref: HubRef, dtypes: Iterable[str]) -> None:
    strange = sorted(set(dtypes) - _DTYPES)
    if strange:
        raise DownloadError(
            "The weights of {model} are {dtypes}, which can't be merged; choose the model in "
            "bfloat16, float16 or float32.",
            model=ref.repo,
            dtypes=", ".join(strange),
        )


def _no_weights(ref: HubRef, there: Iterable[str]) -> DownloadError:
    pickled = sorted(name for name in there if Path(name).suffix in _PICKLED)
    if pickled:
        return DownloadError(
            "{model} has only pickled weights ({file}), which can run code; choose a model in "
            "safetensors, or convert it first.",
            model=ref.repo,
            file=pickled[0],
        )
    return DownloadError(
        "{model} has no safetensors weights; choose another model.", model=ref.repo
    )


def _wanted(file: Any) -> Wanted:
    lfs = file.lfs
    size = lfs.size if lfs is not None else file.size
    return Wanted(file.rfilename, int(size or 0), lfs.sha256 if lfs is not None else None)
