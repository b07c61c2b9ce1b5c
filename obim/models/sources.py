"""Where models come from: a folder, an adapter's folder, the hub's cache, or the bundled demo.

It turns a donor into deltas, one tensor at a time. It downloads nothing and measures nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import torch
from torch import Tensor

from obim.errors import DemoUnavailable, Incompatible, ModelError, ModelNotFound
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.hub import is_hub, resolve_hub, title_of
from obim.models.vocabulary import shared_rows

if TYPE_CHECKING:
    from obim.models.locating import Address

TELLING = (".safetensors", ".json", ".model")
"""Suffixes of the files that tell one state of a model from another."""


class DonorSource(Protocol):
    """A donor whose deltas can be read.

    Attributes:
        name: last part of its path.
        path: its folder.
        kind: a whole checkpoint, or an adapter on the base.
        parameters: number of weights in its files.
        dtypes: of its weights, sorted.
        made_for: what an adapter calls its base; empty where it names none.
    """

    @property
    def made_for(self) -> str:
        """What an adapter calls its base; empty where it names none."""

    @property
    def parameters(self) -> int:
        """Number of weights in its files."""

    @property
    def dtypes(self) -> list[str]:
        """Dtypes of its weights, sorted."""

    @property
    def name(self) -> str:
        """Last part of its path."""

    @property
    def path(self) -> Path:
        """Its folder."""

    @property
    def kind(self) -> Literal["full", "adapter"]:
        """A whole checkpoint, or an adapter on the base."""

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        """``D = W_k - W0`` of one base file tensor, float32; None where identical by construction.

        Args:
            name: file tensor name of the base.
            base_tensor: W0 (of these rows) where the caller holds it already.
            rows: only these, along the first axis; None: all.

        Raises:
            Incompatible: the donor lacks the tensor or has another shape.
        """


class FullSource:
    """A donor that is a whole checkpoint.

    Attributes:
        names: base file tensor name -> the donor's name of it; those that it lacks are left out.
        shared: vocabulary tensor with another number of rows -> how many both have.
    """

    kind: Literal["full", "adapter"] = "full"
    made_for = ""

    def __init__(self, checkpoint: Checkpoint, base: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.path = checkpoint.path
        self.name = title_of(checkpoint.path)
        self.parameters = checkpoint.parameters
        self.dtypes = sorted({info.dtype for info in checkpoint.tensors.values()})
        self._base = base
        self.names = match_names(base, checkpoint)
        self.shared = shared_rows(base, checkpoint, self.names)

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        """See ``DonorSource.delta``; rows of a vocabulary that the donor lacks have delta 0."""
        theirs = self.names.get(name)
        if theirs is None:
            raise Incompatible(
                "{donor} lacks tensor {tensor!r}; it is no copy of this base.",
                donor=self.name,
                tensor=name,
            )
        wanted, got = self._base.tensors[name].shape, self.checkpoint.tensors[theirs].shape
        if name in self.shared:
            return self._shared_delta(name, theirs, base_tensor, rows)
        if wanted != got:
            raise Incompatible(
                "{donor}: tensor {tensor!r} is {shape}, in the base it is {wanted}; only "
                "copies of the same shape can be merged.",
                donor=self.name,
                tensor=name,
                shape=list(got),
                wanted=list(wanted),
            )
        if base_tensor is None:
            base_tensor = self._base.read(name, rows)
        return self.checkpoint.read(theirs, rows).float() - base_tensor.float()

    def _shared_delta(
        self, name: str, theirs: str, base_tensor: Tensor | None, rows: slice | None
    ) -> Tensor:
        shape = self._base.tensors[name].shape
        first, last, _ = (rows or slice(None)).indices(shape[0])
        delta = torch.zeros((last - first, *shape[1:]))
        count = min(last, self.shared[name]) - first
        if count > 0:
            both = slice(first, first + count)
            ours = self._base.read(name, both) if base_tensor is None else base_tensor[:count]
            delta[:count] = self.checkpoint.read(theirs, both).float() - ours.float()
        return delta


def match_names(base: Checkpoint, donor: Checkpoint) -> dict[str, str]:
    """Base file tensor name -> the donor's name of it, where the files spell it differently.

    A tensor that the donor lacks is left out.
    """
    if all(name in donor.tensors for name in base.tensors):
        return {name: name for name in base.tensors}
    from obim.models.locating import build_skeleton, locate  # slow to import, seldom needed

    found = {name: name for name in base.tensors if name in donor.tensors}
    try:
        theirs: dict[Address, str] = {
            address: name for name, address in locate(build_skeleton(donor.path), donor).items()
        }
        ours = locate(build_skeleton(base.path), base)
    except ModelError:
        return found
    for name, address in ours.items():
        if name not in found and address in theirs:
            found[name] = theirs[address]
    return found


def resolve(ref: str) -> Path:
    """The folder that ``ref`` means; the demo is prepared where it has to be.

    Args:
        ref: a folder, ``demo:base``, ``demo:<skill>``, or ``hub:org/name@revision``.

    Raises:
        ModelNotFound: no such folder, or a model of the hub that isn't here yet.
    """
    if ref.startswith("demo:"):
        from obim.models.demo import demo_assets, prepare_demo_base

        part = ref.removeprefix("demo:")
        if part == "base":
            base: Path = prepare_demo_base()
            return base
        adapters: Path = demo_assets() / "adapters"
        if not part or Path(part).name != part or not (adapters / part).is_dir():
            known = sorted(p.name for p in adapters.iterdir()) if adapters.is_dir() else []
            raise ModelNotFound(
                "The demo has no model {name!r}; choose one of: {known}.",
                name=part,
                known=", ".join(["base", *known]),
            )
        return adapters / part
    if is_hub(ref):
        return resolve_hub(ref)
    path = Path(ref).expanduser()
    if path.is_dir():
        return path
    if ref.count("/") == 1 and not ref.startswith((".", "/", "~")):
        raise ModelNotFound(
            "{ref} is no folder here; write hub:{ref} for the model of the hub.",
            ref=ref,
        )
    raise ModelNotFound(
        "{ref} is not a folder; choose the folder of a model or an adapter.", ref=ref
    )


def files_of(ref: str) -> list[tuple[str, int, int]]:
    """What tells one state of a model's files from another without reading them.

    Args:
        ref: as for ``resolve``. The demo's base counts as one state: it is made anew with the same
            weights wherever it is missing.

    Returns:
        (name, size in bytes, time of the last change in ns) of weights, configs and tokenizer,
        sorted by name; empty where there is no such folder, which opening it refuses.
    """
    if ref == "demo:base":
        return []
    try:
        folder = resolve(ref)
    except (ModelNotFound, DemoUnavailable):
        return []
    found = [p for p in folder.iterdir() if p.suffix in TELLING and p.is_file()]
    facts = [(p.name, p.stat()) for p in sorted(found)]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in facts]


def open_donor(ref: str, base: Checkpoint) -> DonorSource:
    """Open a donor, whole or adapter, to be read against ``base``.

    Raises:
        ModelError: the folder isn't a usable donor.
    """
    path = resolve(ref)
    if (path / "adapter_config.json").is_file():
        from obim.models.adapter import open_adapter  # slow to import: it brings peft

        return open_adapter(path, base)
    return FullSource(open_checkpoint(path), base)
