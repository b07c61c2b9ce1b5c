"""What the page can ask the worker about trust: plain frozen dataclasses that pickle."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trust:
    """Hold estimators against the truth: take bands of weights out of a donor, measure the loss.

    Attributes:
        donor: its number, from 0.
        estimators: names; statistics that are not there yet are measured first.
        layers: decoder layers, from 0; empty: all.
        tokens: of the donor's calibration texts that each loss is measured on, at most.
        bands: of each layer.
    """

    donor: int
    estimators: tuple[str, ...]
    layers: tuple[int, ...] = ()
    tokens: int = 512
    bands: int = 10


@dataclass(frozen=True)
class Converge:
    """Read calibration texts of a donor until its top-density set hardly changes with more.

    Attributes:
        donor: its number, from 0.
        estimator: name of one that looks at texts.
        layers: decoder layers whose weights are looked at, from 0; empty: all.
        share: of the set that may still change, 0..1.
    """

    donor: int
    estimator: str
    layers: tuple[int, ...] = ()
    share: float = 0.05
