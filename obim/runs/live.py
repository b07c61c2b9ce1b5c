"""One live transformers model that takes the weights of base, donors or merges in place.

Only tensors that differ from the base are written, and restored. It decides no weights.
"""

from collections.abc import Hashable, Iterable
from typing import Any

import torch
from torch import Tensor

from obim.models.binding import bind, load_model
from obim.models.checkpoint import Checkpoint
from obim.models.device import CPU
from obim.runs.memory import shortage


class Live:
    """A live model and whose weights it has.

    Attributes:
        model: in eval mode, in ``computing``.
        dtype: the weights have values of this format, whatever is put.
        device: of the weights.
        computing: format of the weights and of what comes of them.
        bindings: file tensor name -> place in the model.
        label: what was put last; None while a change is under way.
    """

    def __init__(
        self,
        base: Checkpoint,
        dtype: torch.dtype,
        device: torch.device = CPU,
        computing: torch.dtype | None = None,
    ) -> None:
        self.dtype, self.device, self.computing = dtype, device, computing or dtype
        self.model: Any = load_model(base.path, self.computing, device)
        self.label: Hashable = "base"
        self._base = base
        self.bindings = bind(self.model, base)
        if self.computing != dtype:
            with torch.no_grad():
                for weight in self.model.parameters():
                    weight.copy_(weight.to(dtype))
        self._changed: set[str] = set()

    def put(self, label: Hashable, tensors: Iterable[tuple[str, Tensor]]) -> None:
        """Take on new weights; tensors that aren't given become the base's again."""
        self.label = None
        written = set()
        for name, tensor in tensors:
            self._write(name, tensor)
            self._changed.add(name)
            written.add(name)
        for name in sorted(self._changed - written):
            self._write(name, self._base.read(name))
        self._changed = written
        self.label = label

    def move(self, label: Hashable, tensors: Iterable[tuple[str, Tensor]]) -> None:
        """Change some tensors and keep the others as they are."""
        self.label = None
        for name, tensor in tensors:
            self._write(name, tensor)
            self._changed.add(name)
        self.label = label

    def _write(self, name: str, tensor: Tensor) -> None:
        if name in self.bindings:
            with torch.no_grad():
                self.bindings[name].view.copy_(tensor.to(self.dtype))


def open_live(
    base: Checkpoint, dtype: torch.dtype, device: torch.device, computing: torch.dtype
) -> Live:
    """A live model of the base, where there is memory for it.

    Raises:
        EvaluationError: there is not (whether the device has room was looked at before).
    """
    error = shortage(base, dtype, device)
    if error is not None:
        raise error
    return Live(base, dtype, device, computing)
