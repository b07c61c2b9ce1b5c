"""File tensors <-> names in a transformers model, from its config and the files' headers alone.

transformers may rename tensors and stack a mixture's experts when it loads them; the mapping is
taken from its own conversion table. No weight is read.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import (
    Concatenate,
    MergeModulelist,
    WeightConverter,
    WeightRenaming,
    rename_source_key,
)

from obim.errors import ModelError
from obim.models.checkpoint import Checkpoint


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


def build_skeleton(path: Path | str, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """The model of a folder's config on the meta device: module tree and shapes, no weights.

    Args:
        path: a model folder.
        dtype: of the weights; None for the one in its config.

    Raises:
        ModelError: transformers doesn't know the architecture.
    """
    try:
        config = AutoConfig.from_pretrained(
            str(path), trust_remote_code=False, local_files_only=True
        )
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(
                config, trust_remote_code=False, **({} if dtype is None else {"dtype": dtype})
            )
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(
            "{path} is no causal language model that can be used: {reason}",
            path=path,
            reason=brief(error),
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
    live = live_tensors(model)
    ignored = getattr(model, "_keys_to_ignore_on_load_unexpected", None) or ()
    found = {}
    for name in checkpoint.tensors:
        key, pattern = rename_source_key(name, renamings, converters, model.base_model_prefix, live)
        if key not in live:
            if any(re.search(p, name) for p in ignored) or _is_legacy_buffer(name):
                continue
            raise ModelError(
                "{path}: the model has no place for tensor {tensor!r}.",
                path=checkpoint.path,
                tensor=name,
            )
        found[name] = Address(key) if pattern is None else _stacked(name, key, pattern, converters)
    return found


def vocabulary_tensors(base: Checkpoint) -> frozenset[str]:
    """File tensors of the input embedding and the output head, which have a row a token.

    Raises:
        ModelError: transformers doesn't know the architecture, or a tensor has no place in it.
    """
    model = build_skeleton(base.path)
    names = {id(module): name for name, module in model.named_modules()}
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    modules = {names[id(module)] for module in ends if module is not None}
    return frozenset(
        name
        for name, address in locate(model, base).items()
        if address.parameter.rpartition(".")[0] in modules
    )


def live_tensors(model: PreTrainedModel) -> dict[str, Tensor]:
    """Parameters and buffers by name, tied ones under each of theirs."""
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
        raise _rearranged(name)
    expert = int(match.group(1))
    if operations == [MergeModulelist]:
        return Address(key, expert)
    if operations == [MergeModulelist, Concatenate] and converter.operations[1].dim == 1:
        parts = converter.source_patterns
        return Address(key, expert, parts.index(pattern), len(parts))
    raise _rearranged(name)


def _rearranged(name: str) -> ModelError:
    return ModelError(
        "Tensor {tensor!r} is rearranged on loading in a way not supported yet.", tensor=name
    )


def brief(error: Exception) -> str:
    """The first line of another library's error, or its kind."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
