"""What fetching models of the hub and merging them will take, as it is told: a picture."""

from obim.runs.needs import Needs
from obim.runs.sentences import Said
from obim.types import Frozen


class Due(Frozen):
    """A model that is to be fetched.

    Attributes:
        ref: ``hub:org/name``, with ``@revision`` where it isn't the default.
        name: the same without ``hub:``.
        total: bytes of all its files.
        missing: bytes that are not here yet.
    """

    ref: str
    name: str
    total: int
    missing: int


class Outlook(Frozen):
    """A merge before its models are here, by their headers.

    Attributes:
        due: models to fetch.
        free: bytes free where they go.
        one_disk: the merge goes to the same disk.
        fits: all models can be merged with each other, as far as headers tell.
        problems: (model, why it can't be merged).
        warnings: (model, what to know of a merge with it).
        needs: of the merge; None where it can't be made.
    """

    due: tuple[Due, ...]
    free: int
    one_disk: bool
    fits: bool
    problems: tuple[tuple[str, Said], ...] = ()
    warnings: tuple[tuple[str, Said], ...] = ()
    needs: Needs | None = None

    @property
    def missing(self) -> int:
        """Bytes to fetch."""
        return sum(due.missing for due in self.due)

    @property
    def disk(self) -> int:
        """Bytes that the disk of the downloads has to take, of the merge too where it is shared."""
        merged = self.needs.disk if self.needs is not None and self.one_disk else 0
        return self.missing + merged

    @property
    def enough_disk(self) -> bool:
        """Downloads and merge have room."""
        merge = self.needs is None or self.needs.enough_disk
        return self.disk <= self.free and merge
