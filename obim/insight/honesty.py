"""Predicted against measured: does taking weights out cost what their saliency says?

A donor's changed entries are cut in bands by predicted saliency; each band is taken out of the live
donor, and the calibration loss measured. It merges nothing and leaves the model as it was.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from obim.errors import CalibrationError
from obim.insight.agreement import Agreement, Removal, agree
from obim.models.binding import Binding
from obim.saliency.calibration import Batch
from obim.saliency.losses import mean_loss

Delta = Callable[[str], Tensor | None]
"""File tensor name -> D, float32; None where the donor doesn't differ from the base."""
Saliency = Callable[[str, Tensor], Tensor]
"""(file tensor name, D) -> predicted saliency, float32, of the shape of D."""


@dataclass(frozen=True)
class Subject:
    """A donor and the estimator that is held against it.

    Attributes:
        model: the donor, live.
        bindings: of the same model.
        delta: of the donor.
        saliency: of the estimator.
    """

    model: Any
    bindings: Mapping[str, Binding]
    delta: Delta
    saliency: Saliency


@dataclass(frozen=True)
class GroupHonesty:
    """One group of tensors, such as a layer.

    Attributes:
        group: its name.
        bands: from the lowest predicted saliency to the highest, as many entries each.
        whole: all bands taken out at once.
        agreement: between its bands.
    """

    group: str
    bands: tuple[Removal, ...]
    whole: Removal
    agreement: Agreement


@dataclass(frozen=True)
class Honesty:
    """Of one donor and one estimator.

    Attributes:
        loss: the donor's own mean calibration loss, nats a token.
        groups: in the order asked for; those that the donor doesn't change are left out.
        agreement: between all bands of all groups; it means something only where the estimator's
            values can be compared between tensors.
    """

    loss: float
    groups: tuple[GroupHonesty, ...]
    agreement: Agreement


def predict_and_measure(
    subject: Subject,
    batches: Sequence[Batch],
    groups: Mapping[str, Sequence[str]],
    bands: int = 10,
    before: float | None = None,
) -> Generator[float, None, Honesty]:
    """Take bands of entries out of a donor and measure the loss; once more for each whole group.

    Taken out means ``W - D``, the base's weight. Memory: about 20 bytes an entry of one group.

    Args:
        subject: the live donor and the estimator.
        batches: calibration tokens, right-padded.
        groups: name -> file tensors: a tensor, a layer, or all.
        bands: of every group at most, 2 or more.
        before: the donor's mean loss over the batches, where it is known already.

    Yields:
        Fraction done, after every measured loss; closing the generator restores the weights.

    Raises:
        CalibrationError: there is nothing to predict, or the donor changes none of these tensors.
    """
    if before is None:
        before = mean_loss(subject.model, batches)
    found = []
    for number, (group, names) in enumerate(groups.items()):
        entries = _Entries.of(names, subject)
        if entries is None:
            continue
        removed: list[Removal] = []
        for removal, share in _take_out(entries, bands, subject.model, batches, before):
            removed.append(removal)
            yield (number + share) / len(groups)
        found.append(GroupHonesty(group, (*removed[:-1],), removed[-1], agree(removed[:-1])))
    if not found:
        raise CalibrationError("The donor changes none of these tensors; choose others.")
    return Honesty(before, tuple(found), agree([band for g in found for band in g.bands]))


def _take_out(
    entries: "_Entries", bands: int, model: Any, batches: Sequence[Batch], before: float
) -> Iterator[tuple[Removal, float]]:
    """Take one band out after the other, then all; each is put back before it is told.

    Yields:
        What it cost; fraction done.
    """
    cuts = entries.cut(bands)
    for done, cut in enumerate([*cuts, torch.cat(cuts)], 1):
        with entries.without(cut):
            rise = mean_loss(model, batches) - before
        yield Removal(len(cut), entries.predicted(cut), rise), done / (len(cuts) + 1)


@dataclass(frozen=True)
class _Entries:
    """The changed entries of some tensors, as one flat list.

    Attributes:
        views: of the live weights.
        deltas: of the same shapes, on the same device.
        where: flat index of each changed entry, counted on through all tensors.
        saliency: of each changed entry, float32, on the CPU.
    """

    views: list[Tensor]
    deltas: list[Tensor]
    where: Tensor
    saliency: Tensor

    @staticmethod
    def of(names: Sequence[str], subject: Subject) -> "_Entries | None":
        """Those of these tensors; None where nothing is changed."""
        views, deltas, values = [], [], []
        for name in names:
            change = subject.delta(name)
            if change is not None and bool(change.any()):
                views.append(subject.bindings[name].view)
                values.append(subject.saliency(name, change).reshape(-1).float().cpu())
                deltas.append(change.to(views[-1]))
        if not views:
            return None
        changed = torch.cat([change.reshape(-1).cpu() != 0 for change in deltas])
        (where,) = changed.nonzero(as_tuple=True)
        return _Entries(views, deltas, where, torch.cat(values)[where])

    def cut(self, bands: int) -> list[Tensor]:
        """Places in the list, from the lowest saliency to the highest, in like parts."""
        order = self.saliency.argsort(stable=True)
        return [part for part in order.tensor_split(bands) if len(part)]

    def predicted(self, cut: Tensor) -> float:
        """The sum of the saliency there, in float64."""
        return float(self.saliency[cut].sum(dtype=torch.float64))

    @contextmanager
    def without(self, cut: Tensor) -> Iterator[None]:
        """While this lasts, the base's weights stand there."""
        out = torch.zeros(sum(view.numel() for view in self.views), dtype=torch.bool)
        out[self.where[cut]] = True
        kept = [view.clone() for view in self.views]
        try:
            masks = torch.split(out, [view.numel() for view in self.views])
            for view, change, mask in zip(self.views, self.deltas, masks, strict=True):
                view.sub_(change * mask.reshape(view.shape).to(view.device))
            yield
        finally:
            for view, weight in zip(self.views, kept, strict=True):
                view.copy_(weight)
