"""A model of the hub by its headers: ``python -m obim.models.sketching org/name FOLDER``.

It writes a folder that opens like the model: its config, and files of weights that hold the header
and, behind it, a hole instead of weights. The hub's cache stays as it is. Like `fetching` it runs
as a process of its own.
"""

import json
import struct
import sys
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.utils import SafetensorsFileMetadata  # type: ignore[attr-defined]

from obim.models.fetching import missing
from obim.models.hub import HubRef, parse_hub
from obim.models.listing import Listing, Wanted, list_files
from obim.models.telling import Say, serve_parent
from obim.models.troubles import plainly


def sketch(ref: HubRef, root: Path, say: Say, api: HfApi) -> str:
    """Write the folder; see `folder_of` for where.

    Args:
        ref: which model.
        root: a folder for sketches.
        say: told how many bytes the model has, and how many of them are not here yet.
        api: the hub to ask.

    Returns:
        The commit.

    Raises:
        DownloadError: the hub can't be asked, or this is no model that can be merged.
    """
    with plainly(ref, api.endpoint):
        listing = list_files(ref, api)
        say(total=listing.nbytes, missing=sum(missing(listing).values()))
        folder = folder_of(root, listing.ref)
        folder.mkdir(parents=True, exist_ok=True)
        config = "adapter_config.json" if listing.kind == "adapter" else "config.json"
        hf_hub_download(
            ref.repo, config, revision=listing.ref.revision, endpoint=api.endpoint, local_dir=folder
        )
        _write_weights(folder, listing)
    return listing.ref.revision


def folder_of(root: Path, pinned: HubRef) -> Path:
    """Where a sketch lies: as in the hub's cache, so that it has the model's name."""
    return root / pinned.folder.name / "snapshots" / pinned.revision


def _write_weights(folder: Path, listing: Listing) -> None:
    index: dict[str, str] = {}
    for file in listing.files:
        if file.is_weights:
            _write_header(folder / file.name, listing.headers[file.name], file)
            index |= dict.fromkeys(listing.headers[file.name].tensors, file.name)
    if listing.kind == "full" and len(listing.headers) > 1:
        text = json.dumps({"weight_map": index})
        (folder / constants.SAFETENSORS_INDEX_FILE).write_text(text, encoding="utf-8")


def _write_header(path: Path, header: SafetensorsFileMetadata, file: Wanted) -> None:
    """A file as long as its tensors say, but no longer than the hub says it is."""
    tensors = {
        name: {"dtype": t.dtype, "shape": t.shape, "data_offsets": t.data_offsets}
        for name, t in header.tensors.items()
    }
    text = json.dumps(tensors).encode()
    content = max((t.data_offsets[1] for t in header.tensors.values()), default=0)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(stream.tell() + min(content, file.size))


def main() -> None:
    """Write the sketch of the model that the command names into the folder that it names."""

    def work(say: Say) -> None:
        say(commit=sketch(parse_hub(sys.argv[1]), Path(sys.argv[2]), say, HfApi()))

    serve_parent(work)


if __name__ == "__main__":
    main()
