"""A model whose weights are read one decoder layer at a time, for models larger than memory.

The module tree stands on the meta device. Weights come from files, a block of rows at a time, into
the parameters of one part, and go again. It runs nothing; what the weights are, its caller says.

Why not accelerate's offloading: that reads a layer again for every batch, and from a checkpoint,
where a donor is a base and a delta.
"""

import ctypes
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from obim.errors import ModelError
from obim.models.binding import mismatch, place, take_view
from obim.models.checkpoint import Checkpoint
from obim.models.device import CPU
from obim.models.locating import Address, build_skeleton, live_tensors

Read = Callable[[str, slice | None], Tensor]
"""(file tensor name of the base, rows or None for all) -> these weights."""
_BLOCK = 1 << 22


@dataclass(frozen=True)
class _Slot:
    """A place for one tensor: the module's attribute, and what stands there without weights."""

    module: nn.Module
    leaf: str
    name: str
    hollow: Tensor


class LayeredModel:
    """A float32 model without weights, in eval mode, that takes those of one part at a time.

    Attributes:
        model: parameters on the meta device, buffers that no file stores real.
        device: where weights and those buffers go.
        bindings: file tensor name -> place in the model.
        layers: the decoder layers, in order.
        prefixes: their module names, with a dot behind.
    """

    def __init__(self, base: Checkpoint, device: torch.device = CPU) -> None:
        self._base = base
        self.device = device
        self.model: Any = build_skeleton(base.path, torch.float32).eval().requires_grad_(False)
        _make_buffers(self.model, device)
        self.bindings = place(self.model, base)
        found = _find_layers(self.model)
        self.layers = [layer for _, layer in found]
        self.prefixes = [f"{name}." for name, _ in found]
        self._sources = self._find_sources()

    @contextmanager
    def holding(self, layer: int | None, read: Read) -> Iterator[None]:
        """The weights of one layer are there meanwhile, or (None) those outside all layers.

        The output head's are not among them: its output isn't wanted.

        Raises:
            ModelError: the files lack a parameter.
        """
        slots = self._slots(layer)
        made: dict[int, Tensor] = {}
        try:
            for slot in slots:
                if id(slot.hollow) not in made:
                    made[id(slot.hollow)] = self._fill(slot, read)
                weight = made[id(slot.hollow)]
                trained = isinstance(slot.hollow, nn.Parameter)
                setattr(
                    slot.module,
                    slot.leaf,
                    nn.Parameter(weight, requires_grad=False) if trained else weight,
                )
            yield
        finally:
            for slot in slots:
                setattr(slot.module, slot.leaf, slot.hollow)
            made.clear()
            _give_back()

    def _slots(self, layer: int | None) -> list[_Slot]:
        found = []
        for path, module in self._modules(layer):
            for leaf, tensor in (*module._parameters.items(), *module._buffers.items()):
                trained = isinstance(tensor, nn.Parameter)
                if tensor is not None and (trained or id(tensor) in self._sources):
                    found.append(_Slot(module, leaf, f"{path}.{leaf}", tensor))
        return found

    def _modules(self, layer: int | None) -> list[tuple[str, nn.Module]]:
        if layer is not None:
            return list(self.layers[layer].named_modules(prefix=self.prefixes[layer][:-1]))
        head, inside = self.model.get_output_embeddings(), tuple(self.prefixes)
        return [
            (path, module)
            for path, module in self.model.named_modules()
            if not f"{path}.".startswith(inside)
            and not (module is head and isinstance(head, nn.Linear))
        ]

    def _fill(self, slot: _Slot, read: Read) -> Tensor:
        weight = torch.empty_like(slot.hollow, device=self.device)
        sources = self._sources.get(id(slot.hollow), {})
        if sum(take_view(slot.hollow, a).numel() for a in sources.values()) < weight.numel():
            raise ModelError(
                "{path} lacks tensor {tensor!r}; copy the whole model again.",
                path=self._base.path,
                tensor=slot.name,
            )
        for name, address in sources.items():
            view = take_view(weight, address)
            for rows in _blocks(view.shape):
                (view if rows is None else view[rows]).copy_(read(name, rows))
        return weight

    def _find_sources(self) -> dict[int, dict[str, Address]]:
        """Identity of a hollow tensor -> the file tensors that make it up.

        Raises:
            ModelError: two files' tensors are one in the model and differ.
        """
        live = live_tensors(self.model)
        found: dict[int, dict[str, Address]] = {}
        owners: dict[tuple[Any, ...], str] = {}
        for name, binding in self.bindings.items():
            address = binding.address
            tensor = live[address.parameter]
            first = owners.setdefault((id(tensor), address.expert, address.part), name)
            if first == name:
                found.setdefault(id(tensor), {})[name] = address
            elif not torch.equal(self._base.read(first), self._base.read(name)):
                raise mismatch(self._base, name)
        return found


def not_by_layer(model: PreTrainedModel) -> ModelError:
    """The error for an architecture whose layers can't be run one after the other."""
    return ModelError(
        "This model is too large to be in memory whole, and {kind} models can't be run layer by "
        "layer; choose the estimator magnitude.",
        kind=model.config.model_type,
    )


def _give_back() -> None:
    """Return freed memory to the system; glibc keeps it in pieces, more of it after every layer."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _make_buffers(model: PreTrainedModel, device: torch.device) -> None:
    """Compute the buffers on the CPU, as transformers does for those that no file stores."""
    for module in model.modules():
        for leaf, buffer in module._buffers.items():
            if buffer is not None:
                setattr(module, leaf, torch.empty_like(buffer, device="cpu"))
                setattr(module, "_is_hf_initialized", False)  # noqa: B010
    model.initialize_weights()
    for module in model.modules():
        for leaf, buffer in module._buffers.items():
            if buffer is not None:
                setattr(module, leaf, buffer.to(device))


def _find_layers(model: PreTrainedModel) -> list[tuple[str, nn.Module]]:
    """Names and modules of the decoder layers: the largest list of as many as the config says."""
    depth = getattr(model.config.get_text_config(), "num_hidden_layers", 0)
    lists = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == depth > 0
    ]
    if not lists:
        raise not_by_layer(model)
    name, layers = max(lists, key=lambda found: sum(p.numel() for p in found[1].parameters()))
    return [(f"{name}.{i}", layer) for i, layer in enumerate(layers)]


def _blocks(shape: Sequence[int]) -> list[slice | None]:
    """Cut a tensor along its first axis; None where it has no axis."""
    if not shape:
        return [None]
    step = max(1, _BLOCK // max(1, math.prod(shape[1:])))
    return [slice(first, min(first + step, shape[0])) for first in range(0, shape[0], step)]
