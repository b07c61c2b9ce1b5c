"""Take one donor's part out of an exported model: the base again wherever that donor owns.

It measures and merges nothing; what it writes is not the merge that OBIM builds without the donor.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import torch
from torch import Tensor

from obim.errors import ExportError, Incompatible
from obim.merging.pieces import cast
from obim.models.checkpoint import Checkpoint, open_checkpoint
from obim.models.export import ExportReport, export, verify
from obim.models.owner_map import Add, OwnerMap, write_owner_map
from obim.models.sources import resolve
from obim.runs.recipe import read_recipe
from obim.types import MergeSpec

_SHARD_BYTES = 5_000_000_000
_CARD = """# {name}

The model `{source}` with everything that the donor {donor} owned taken out: at those positions the
base's weights stand again, bit for bit. **This isn't the merge that OBIM would have built without
that donor**: the other donors would have had more room. For that one, delete the donor from
`recipe.yaml` and run `obim merge recipe.yaml out`.

What `{source}` scored does not hold for this model; measure it with `obim compare`.

The README of `{source}` follows.

---

"""


def take_out(
    folder: Path,
    donor: str,
    out: Path,
    base: str | None = None,
    on_progress: Callable[[float], None] = lambda share: None,
) -> ExportReport:
    """Write an exported model without one donor, streaming, in the dtype that it has.

    Args:
        folder: an export with its map of owners.
        donor: name in its recipe, or number from 1.
        out: folder to make.
        base: reference of the base; None: the one in its recipe.
        on_progress: told the fraction done, 0..1.

    Raises:
        ExportError: no map, no such donor, or the target can't be written.
        Incompatible: it is another base.
    """
    spec = read_recipe(folder / "recipe.yaml")
    number = _number(spec, donor, folder)
    source, origin = open_checkpoint(folder), open_checkpoint(resolve(base or spec.base))
    _check_headers(source, origin)
    with closing(OwnerMap(folder)) as owners:
        work = _TakingOut(source, origin, owners, spec, number)
        return export(
            out,
            source,
            work.tensors(on_progress),
            dtype=work.dtype,
            shard_bytes=_SHARD_BYTES,
            recipe=_recipe(folder, spec.donors[number - 1].name),
            card=_card(folder, out, spec.donors[number - 1].name),
            beside=work.open,
            beside_bytes=source.parameters,
            check=verify,
        )


def _recipe(folder: Path, donor: str) -> str:
    text = (folder / "recipe.yaml").read_text(encoding="utf-8").rstrip("\n")
    return f"{text}\n# then taken out, its positions the base's again: {donor!r}\n"


def _number(spec: MergeSpec, donor: str, folder: Path) -> int:
    names = [d.name for d in spec.donors]
    if donor in names:
        return names.index(donor) + 1
    if donor.isdecimal() and 1 <= int(donor) <= len(names):
        return int(donor)
    raise ExportError(
        "There is no donor called {donor!r} in {path}; it has {donors}.",
        donor=donor,
        path=folder,
        donors=", ".join(names),
    )


def _check_headers(source: Checkpoint, origin: Checkpoint) -> None:
    shapes = {name: info.shape for name, info in source.tensors.items()}
    if shapes != {name: info.shape for name, info in origin.tensors.items()}:
        raise _other(source, origin)


def _other(source: Checkpoint, origin: Checkpoint) -> Incompatible:
    return Incompatible(
        "{base} is not the base that {path} was merged on; give that one with --base.",
        base=origin.path,
        path=source.path,
    )


def _card(folder: Path, out: Path, donor: str) -> str:
    readme = folder / "README.md"
    before = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    front, text = "", before
    if before.startswith("---\n") and "\n---\n" in before[4:]:
        front, _, text = before[4:].partition("\n---\n")
        front = f"---\n{front}\n---\n\n"
    plain = " ".join(donor.split()).replace("`", "'")
    note = _CARD.format(name=out.name, source=folder.absolute().name, donor=f"`{plain}`")
    return front + note + text.lstrip("\n")


class _TakingOut:
    """One pass over the tensors, which writes the new map beside them.

    Attributes:
        dtype: of the weights, before and after.
    """

    def __init__(
        self, source: Checkpoint, origin: Checkpoint, owners: OwnerMap, spec: MergeSpec, number: int
    ) -> None:
        self._source, self._origin, self._owners, self._number = source, origin, owners, number
        self._merged: torch.dtype = getattr(torch, spec.dtype)
        floating = (i.dtype for i in source.tensors.values() if "float" in i.dtype)
        self.dtype: torch.dtype = getattr(torch, next(floating))
        self._add: Add | None = None

    @contextmanager
    def open(self, folder: Path) -> Iterator[None]:
        """While this lasts, the map of owners without the donor goes to a file in the folder."""
        with write_owner_map(folder) as self._add:
            yield
        self._add = None

    def tensors(self, on_progress: Callable[[float], None]) -> Iterator[tuple[str, Tensor]]:
        """All tensors, sorted by name.

        Raises:
            Incompatible: a position that nobody owns isn't the base's.
            ExportError: the donor owns nothing.
        """
        total, done, taken = max(1, self._source.parameters), 0, 0
        for name, info in self._source.tensors.items():
            tensor, base = self._source.read(name), self._base(name)
            owners = self._owners.read(name, info.shape)
            if not _alike(tensor, base, torch.from_numpy(owners == 0)):
                raise _other(self._source, self._origin)
            theirs = owners == self._number
            where = torch.from_numpy(theirs)
            tensor[where] = base[where]
            taken += int(theirs.sum())
            owners[theirs] = 0
            if self._add is not None and name in self._owners.names:
                self._add(name, owners)
            done += info.numel
            on_progress(done / total)
            yield name, tensor
        if not taken:
            raise ExportError(
                "That donor owns nothing in {path}; choose another.", path=self._source.path
            )

    def _base(self, name: str) -> Tensor:
        """The base's tensor as the export holds it: rounded as the merge was, then as the file."""
        stored = self._origin.read(name)
        if not stored.is_floating_point():
            return stored
        return cast(cast(stored, self._merged, name), self.dtype, name)


def _alike(a: Tensor, b: Tensor, where: Tensor) -> bool:
    """Whether two tensors have the same bits at these positions."""
    if a.dtype != b.dtype:
        return False
    size = a.element_size()
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[size]
    return bool(((a.view(whole) == b.view(whole)) | ~where).all())
