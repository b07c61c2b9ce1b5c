"""File tensors <-> the parameters of a live transformers model, checked bit for bit.

Where each lies is what `locating` says; here that is verified against the file. It computes no
statistics.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from obim.errors import ModelError
from obim.models.checkpoint import Checkpoint
from obim.models.device import CPU
from obim.models.locating import Address, brief, live_tensors, locate

Kind = Literal["linear", "conv1d", "embedding", "tied", "norm", "bias", "expert", "other"]


@dataclass(frozen=True)
class Binding:
    """A file tensor and the piece of the live model that holds it.

    Attributes:
        view: shares memory with the live parameter; same shape as the file tensor.
        module_name: the module that owns the parameter.
        kind: what the parameter does there.
        address: name of the parameter, expert and part.
        head: for a tied embedding, the module name of the output head.
    """

    view: Tensor
    module_name: str
    kind: Kind
    address: Address
    head: str | None = None

    @property
    def expert(self) -> int | None:
        """Index of the expert, where experts are stacked."""
        return self.address.expert


def load_model(
    path: Path | str, dtype: torch.dtype | None = None, device: torch.device = CPU
) -> PreTrainedModel:
    """Load a causal language model, in eval mode, without running its own code.

    Args:
        path: a model folder.
        dtype: of the weights; None for the one in the files.
        device: where they go, by way of the CPU.

    Raises:
        ModelError: transformers can't load it.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(path),
            dtype=dtype if dtype is not None else "auto",
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise ModelError(
            "{path} can't be loaded by transformers: {reason}", path=path, reason=brief(error)
        ) from error
    return model.eval().requires_grad_(False).to(device)


def bind(model: PreTrainedModel, checkpoint: Checkpoint) -> dict[str, Binding]:
    """Map every file tensor to a view of the live parameter, and verify each bit for bit.

    Args:
        model: loaded from ``checkpoint`` and not changed since; its dtype may differ.
        checkpoint: the files.

    Returns:
        File tensor name -> binding; ``view.copy_(x)`` changes the live model.

    Raises:
        ModelError: a tensor can't be bound, or its live values aren't those of the file.
    """
    bindings = place(model, checkpoint)
    for name, binding in bindings.items():
        view = binding.view
        if not _same_bits(checkpoint.read(name).to(view.dtype).to(view.device), view):
            raise mismatch(checkpoint, name)
    return bindings


def place(model: PreTrainedModel, checkpoint: Checkpoint) -> dict[str, Binding]:
    """Map every file tensor to its place in ``model``, which may be on the meta device.

    Raises:
        ModelError: a tensor has no place.
    """
    live = live_tensors(model)
    parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    bindings = {}
    for name, address in locate(model, checkpoint).items():
        view = take_view(live[address.parameter].detach(), address)
        module_name, _, leaf = address.parameter.rpartition(".")
        tied = _tied_modules(model, live[address.parameter])
        if tied is not None:
            bindings[name] = Binding(view, tied[0], "tied", address, tied[1])
            continue
        trained = address.parameter in parameters
        kind = _kind(model.get_submodule(module_name), leaf, view, address, trained)
        bindings[name] = Binding(view, module_name, kind, address)
    return bindings


def mismatch(checkpoint: Checkpoint, tensor: str) -> ModelError:
    """The error for a file tensor whose values aren't those of the model that was loaded."""
    return ModelError(
        "{path}: tensor {tensor!r} doesn't match the loaded model.",
        path=checkpoint.path,
        tensor=tensor,
    )


def take_view(parameter: Tensor, address: Address) -> Tensor:
    """The piece of ``parameter`` at ``address``, sharing its memory."""
    view = parameter
    if address.expert is not None:
        view = view[address.expert]
    if address.part is not None:
        view = view.chunk(address.parts, dim=0)[address.part]
    return view


def _same_bits(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if not a.is_floating_point():
        return torch.equal(a, b)
    as_bits = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[a.element_size()]
    return torch.equal(a.contiguous().view(as_bits), b.contiguous().view(as_bits))


def _kind(module: nn.Module, leaf: str, view: Tensor, address: Address, trained: bool) -> Kind:
    if not trained:
        return "other"
    if address.expert is not None or view.ndim == 3:
        return "expert"
    if isinstance(module, nn.Embedding):
        return "embedding"
    if leaf == "bias" and view.ndim == 1:
        return "bias"
    if leaf != "weight" or view.ndim > 2:
        return "other"
    if isinstance(module, Conv1D):
        return "conv1d"
    return "linear" if view.ndim == 2 else "norm"


def _tied_modules(model: Any, parameter: Tensor) -> tuple[str, str] | None:
    """Names of the input embedding and the output head, where ``parameter`` is both."""
    source, head = model.get_input_embeddings(), model.get_output_embeddings()
    if source is None or head is None or source.weight is not head.weight:
        return None
    if parameter is not source.weight:
        return None
    names = {id(module): name for name, module in model.named_modules()}
    return names[id(source)], names[id(head)]
