"""A look at every weight: how much donors differ from the base, and what isn't a number.

It reads each tensor once, merges nothing and holds one tensor of each model at a time.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch

from obim.errors import Sentence
from obim.models.checkpoint import Checkpoint
from obim.models.fitting import FLOATS
from obim.models.sources import DonorSource

_SHOWN = 10


@dataclass(frozen=True)
class Difference:
    """How one donor's weights differ from the base's.

    Attributes:
        name: of the donor.
        share: weights that differ / weights of the base, 0..1.
        differing: number of weights that differ.
        not_finite: tensors that hold NaN or infinity.
        problems: sentences that forbid the merge; NaN and infinity are one.
        warnings: sentences that don't; a donor equal to the base is one.
    """

    name: str
    share: float
    differing: int
    not_finite: tuple[str, ...] = ()
    problems: tuple[Sentence, ...] = ()
    warnings: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Scan:
    """What the weights of a set of models show.

    Attributes:
        problems: sentences on the base that forbid the merge.
        donors: a difference a donor.
    """

    problems: tuple[Sentence, ...]
    donors: tuple[Difference, ...]


def scan_differences(
    base: Checkpoint, donors: Sequence[DonorSource]
) -> Generator[float, None, Scan]:
    """Read all weights once and compare.

    Args:
        base: the base.
        donors: opened against it. They aren't looked at where the base isn't finite itself.

    Yields:
        Fraction of the base's weights done.

    Returns:
        What was found.
    """
    differing = [0] * len(donors)
    damaged: list[str] = []
    not_finite: list[list[str]] = [[] for _ in donors]
    done = 0
    for name, info in base.tensors.items():
        if info.dtype in FLOATS:
            tensor = base.read(name)
            if not bool(torch.isfinite(tensor).all()):
                damaged.append(name)
            for k, donor in enumerate(donors) if name not in damaged else ():
                delta = donor.delta(name, tensor)
                if delta is None:
                    continue
                differing[k] += int(torch.count_nonzero(delta))
                if not bool(torch.isfinite(delta).all()):
                    not_finite[k].append(name)
        done += info.numel
        yield done / max(1, base.parameters)
    found = tuple(
        _difference(donor.name, differing[k], not_finite[k], base.parameters)
        for k, donor in enumerate(donors)
    )
    return Scan(_problems(damaged), found)


def _difference(name: str, count: int, broken: Sequence[str], parameters: int) -> Difference:
    equal = Sentence(
        "{donor} is equal to the base: it has nothing to bring into the merge.", donor=name
    )
    warnings = (equal,) if count == 0 else ()
    share = count / max(1, parameters)
    return Difference(name, share, count, tuple(broken), _problems(broken), warnings)


def _problems(broken: Sequence[str]) -> tuple[Sentence, ...]:
    if not broken:
        return ()
    named = ", ".join(repr(name) for name in broken[:_SHOWN])
    return (
        Sentence(
            "It holds NaN or infinity in {n} tensors: {tensors}; use an undamaged copy.",
            n=len(broken),
            tensors=named if len(broken) <= _SHOWN else f"{named}, …",
        ),
    )
