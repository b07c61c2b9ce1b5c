"""File tensors <-> the parameters of a live transformers model, checked bit for bit.

transformers may rename tensors and stack a mixture's experts when it loads them; the mapping is
taken from its own conversion table and verified against the file. It computes no statistics.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import (
    Concatenate,
    MergeModulelist,
    WeightConverter,
    WeightRenaming,
    rename_source_key,
)
from transformers.pytorch_utils import Conv1D

from obim.errors import ModelError
from obim.models.checkpoint import Checkpoint

Kind = Literal["linear", "conv1d", "embedding", "tied", "norm", "bias", "expert", "other"]


@dataclass(frozen=True)
class Address:
    """Where a file tensor lies in a live model, without weights.

    Attributes:
        parameter: name of the live parameter or buffer.
        expert: index along its first axis, where experts are stacked.
        part: which equal part of the rest (0 gate, 1 up); None for the whole.
        parts: number of parts.
    """

    parameter: str
    expert: int | None = None
    part: int | None = None
    parts: int = 1


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


def load_model(path: Path | str, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """Load a causal language model on the CPU, in eval mode, without running its own code.

    Args:
        path: a model folder.
        dtype: of the weights; None for the one in the files.

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
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{path} can't be loaded by transformers: {reason}") from error
    return model.eval().requires_grad_(False)


def build_skeleton(path: Path | str) -> PreTrainedModel:
    """The model of a folder's config on the meta device: module tree and shapes, no weights.

    Raises:
        ModelError: transformers doesn't know the architecture.
    """
    try:
        config = AutoConfig.from_pretrained(
            str(path), trust_remote_code=False, local_files_only=True
        )
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{path} is no causal language model that can be used: {reason}"
        ) from error


def locate(model: PreTrainedModel, checkpoint: Checkpoint) -> dict[str, Address]:
    """Map every file tensor to its place in ``model``; works on the meta device.

    Tensors that transformers itself leaves out when loading (old causal masks and the like) have
    no place and are not in the result.

    Raises:
        ModelError: a tensor has no place, or one that isn't understood.
    """
    transforms = get_model_conversion_mapping(model)
    renamings = [t for t in transforms if isinstance(t, WeightRenaming)]
    converters = [t for t in transforms if isinstance(t, WeightConverter)]
    live = _live(model)
    ignored = getattr(model, "_keys_to_ignore_on_load_unexpected", None) or ()
    found = {}
    for name in checkpoint.tensors:
        key, pattern = rename_source_key(name, renamings, converters, model.base_model_prefix, live)
        if key not in live:
            if any(re.search(p, name) for p in ignored) or _is_legacy_buffer(name):
                continue
            raise ModelError(f"{checkpoint.path}: the model has no place for tensor {name!r}.")
        found[name] = Address(key) if pattern is None else _stacked(name, key, pattern, converters)
    return found


def _live(model: PreTrainedModel) -> dict[str, Tensor]:
    return dict(model.named_buffers()) | dict(model.named_parameters(remove_duplicate=False))


def _is_legacy_buffer(name: str) -> bool:
    return name.endswith((".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq"))


def _stacked(name: str, key: str, pattern: str, converters: list[Any]) -> Address:
    converter = next(c for c in converters if pattern in c.source_patterns)
    operations = [type(op) for op in converter.operations]
    merge = converter.operations[0]
    match = re.search(re.escape(pattern).replace(r"\*", r"(\d+)"), name)
    stacked = bool(operations) and operations[0] is MergeModulelist and merge.dim == 0
    if match is None:
        match = re.search(r"\.experts\.(\d+)\.", name)
    if not stacked or match is None:
        raise ModelError(f"Tensor {name!r} is rearranged on loading in a way not supported yet.")
    expert = int(match.group(1))
    if operations == [MergeModulelist]:
        return Address(key, expert)
    if operations == [MergeModulelist, Concatenate] and converter.operations[1].dim == 1:
        parts = converter.source_patterns
        return Address(key, expert, parts.index(pattern), len(parts))
    raise ModelError(f"Tensor {name!r} is rearranged on loading in a way not supported yet.")


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
    live = _live(model)
    parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    bindings = {}
    for name, address in locate(model, checkpoint).items():
        view = take_view(live[address.parameter].detach(), address)
        if not _same_bits(checkpoint.read(name).to(view.dtype), view):
            raise ModelError(f"{checkpoint.path}: tensor {name!r} doesn't match the loaded model.")
        module_name, _, leaf = address.parameter.rpartition(".")
        tied = _tied_modules(model, live[address.parameter])
        if tied is not None:
            bindings[name] = Binding(view, tied[0], "tied", address, tied[1])
            continue
        trained = address.parameter in parameters
        kind = _kind(model.get_submodule(module_name), leaf, view, address, trained)
        bindings[name] = Binding(view, module_name, kind, address)
    return bindings


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
