"""A PEFT LoRA adapter as float32 deltas of the base's file tensors.

It computes dense products from the adapter's own files. It doesn't wrap a model, and it refuses
variants whose delta to the base isn't ``scale * B A`` (DoRA, PiSSA and others).
"""

import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from peft.utils.other import get_pattern_key
from torch import Tensor
from transformers.pytorch_utils import Conv1D

from obim.errors import Incompatible, ModelError
from obim.models.adapter_config import AdapterConfig, read_adapter_config
from obim.models.checkpoint import Checkpoint
from obim.models.hub import title_of
from obim.models.locating import build_skeleton, locate
from obim.models.safetensors_file import SafetensorsFile, open_safetensors

_PREFIX = "base_model.model."
_LORA = (".lora_A.weight", ".lora_B.weight", ".lora_embedding_A", ".lora_embedding_B")


@dataclass(frozen=True)
class _Patch:
    """What an adapter does to one file tensor."""

    a: str | None = None
    b: str | None = None
    scale: float = 0.0
    transpose: bool = False
    saved: str | None = None


class AdapterSource:
    """A donor that is a LoRA adapter on the base.

    Attributes:
        made_for: what the adapter calls its base; empty where it names none.
    """

    kind: Literal["full", "adapter"] = "adapter"

    def __init__(
        self,
        path: Path,
        base: Checkpoint,
        file: SafetensorsFile,
        patches: dict[str, _Patch],
        made_for: str = "",
    ) -> None:
        self.path = path
        self.made_for = made_for
        self.name = title_of(path)
        self.parameters = sum(info.numel for info in file.tensors.values())
        self.dtypes = sorted({info.dtype for info in file.tensors.values()})
        self._base = base
        self._file = file
        self._patches = patches

    def delta(
        self, name: str, base_tensor: Tensor | None = None, rows: slice | None = None
    ) -> Tensor | None:
        """``scale * B A`` in float32, plus saved module - W0 where the adapter stores a module.

        Source: Hu et al. 2021, section 4.1. See ``DonorSource.delta``.
        """
        patch = self._patches.get(name)
        if patch is None:
            return None
        total: Tensor | None = None
        if patch.a is not None and patch.b is not None:
            a, b = self._file.read(patch.a).float(), self._file.read(patch.b).float()
            if rows is not None:
                a, b = (a[:, rows], b) if patch.transpose else (a, b[rows])
            product = (b @ a).mul_(patch.scale)
            total = product.T.contiguous() if patch.transpose else product
        if patch.saved is not None:
            if base_tensor is None:
                base_tensor = self._base.read(name, rows)
            change = self._file.read(patch.saved, rows).float() - base_tensor.float()
            total = change if total is None else total + change
        return total


def open_adapter(path: Path, base: Checkpoint) -> AdapterSource:
    """Open an adapter folder by its headers.

    Raises:
        ModelError: it isn't a LoRA adapter whose delta can be computed exactly.
        Incompatible: it was made for another base.
    """
    config = read_adapter_config(path)
    weights = path / "adapter_model.safetensors"
    if not weights.is_file() and (path / "adapter_model.bin").is_file():
        raise ModelError(
            "{path} has only pickled weights, which can run code; if you trust them, convert them "
            "once with: {command}",
            path=path,
            command=_conversion(path),
        )
    if not weights.is_file():
        raise ModelError(
            "{path} has no adapter_model.safetensors; save the adapter in that format first.",
            path=path,
        )
    file = open_safetensors(weights)
    patches = _Reader(path, config, base, file).patches()
    return AdapterSource(path, base, file, patches, config.base_model_name_or_path or "")


def _conversion(path: Path) -> str:
    """The command that writes an adapter's pickled weights as safetensors beside them."""
    code = (
        f"import torch, safetensors.torch as s; p = {str(path / 'adapter_model')!r}; "
        "w = torch.load(p + '.bin', map_location='cpu', weights_only=True); "
        "s.save_file({k: v.clone() for k, v in w.items()}, p + '.safetensors')"
    )
    return f"python -c {shlex.quote(code)}"


class _Reader:
    """Matches an adapter's tensors with the base's; only used while opening."""

    def __init__(
        self, path: Path, config: AdapterConfig, base: Checkpoint, file: SafetensorsFile
    ) -> None:
        self.path, self.config, self.base, self.file = path, config, base, file
        self.skeleton = build_skeleton(base.path)
        addresses = locate(self.skeleton, base)
        self.file_names = {a.parameter: name for name, a in addresses.items() if a.expert is None}

    def patches(self) -> dict[str, _Patch]:
        pairs: dict[str, dict[str, str]] = {}
        for key in self.file.tensors:
            if not key.startswith(_PREFIX):
                raise ModelError(
                    "{path} has a tensor that isn't understood: {tensor!r}.",
                    path=self.path,
                    tensor=key,
                )
            inner = key.removeprefix(_PREFIX)
            suffix = next((s for s in _LORA if inner.endswith(s)), None)
            if suffix is None:
                parameter = inner.replace(".base_layer.", ".").replace(".modules_to_save.", ".")
                slot = "saved"
            else:
                parameter = inner.removesuffix(suffix) + ".weight"
                slot = "a" if "_A" in suffix else "b"
            pairs.setdefault(parameter, {})[slot] = key
        return {
            self._target(parameter): self._patch(parameter, found)
            for parameter, found in pairs.items()
        }

    def _target(self, parameter: str) -> str:
        name = self.file_names.get(parameter)
        if name is None:
            raise Incompatible(
                "{adapter} changes {parameter!r}, which the base's files don't store; the "
                "adapter belongs to another base or unties its embeddings.",
                adapter=self.path.name,
                parameter=parameter,
            )
        return name

    def _patch(self, parameter: str, found: dict[str, str]) -> _Patch:
        module_name = parameter.rpartition(".")[0]
        module: Any = self.skeleton.get_submodule(module_name)
        embedding = module is self.skeleton.get_input_embeddings()
        trained = "a" in found or module_name.endswith(tuple(self.config.modules_to_save))
        if embedding and self.base.tied and trained:
            raise ModelError(
                "{path} trains an embedding that is also the output head, which isn't "
                "supported; merge it by itself first.",
                path=self.path,
            )
        shape = self.base.tensors[self._target(parameter)].shape
        if "saved" in found:
            self._check(found["saved"], self.file.tensors[found["saved"]].shape, shape)
        if "a" not in found and "b" not in found:
            return _Patch(saved=found["saved"])
        if "a" not in found or "b" not in found:
            raise ModelError(
                "{path} has only half of the pair for {parameter!r}.",
                path=self.path,
                parameter=parameter,
            )
        a, b = self.file.tensors[found["a"]].shape, self.file.tensors[found["b"]].shape
        transpose = isinstance(module, Conv1D) or "lora_embedding" in found["a"]
        if len(a) != 2 or len(b) != 2 or a[0] != b[1]:
            raise ModelError(
                "{path}: the pair for {parameter!r} doesn't fit together.",
                path=self.path,
                parameter=parameter,
            )
        product = (a[1], b[0]) if transpose else (b[0], a[1])
        self._check(found["b"], product, shape)
        scale = self._scale(module_name, a[0])
        return _Patch(found["a"], found["b"], scale, transpose, found.get("saved"))

    def _check(self, key: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        if got != wanted:
            raise Incompatible(
                "{adapter}: {tensor!r} changes a {shape} tensor, in the base it is {wanted}; "
                "the adapter belongs to another base.",
                adapter=self.path.name,
                tensor=key,
                shape=list(got),
                wanted=list(wanted),
            )

    def _scale(self, module: str, rank: int) -> float:
        """``alpha / r``, or ``alpha / sqrt(r)`` for rank-stabilised LoRA."""
        config = self.config
        alphas, ranks = config.alpha_pattern, config.rank_pattern
        alpha = alphas.get(get_pattern_key(list(alphas), module), config.lora_alpha)
        stated = ranks.get(get_pattern_key(list(ranks), module), config.r)
        if stated != rank:
            raise ModelError(
                "{path}: {module!r} has rank {rank}, its config says {stated}; the adapter's "
                "files don't fit together.",
                path=self.path,
                module=module,
                rank=rank,
                stated=stated,
            )
        return float(alpha) / (math.sqrt(rank) if config.use_rslora else rank)
