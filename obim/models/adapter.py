"""A PEFT LoRA adapter as float32 deltas of the base's file tensors.

It computes dense products from the adapter's own files. It doesn't wrap a model, and it refuses
variants whose delta to the base isn't ``scale * B A`` (DoRA, PiSSA and others).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from peft.utils.other import get_pattern_key
from pydantic import BaseModel, Field, ValidationError
from torch import Tensor
from transformers.pytorch_utils import Conv1D

from obim.errors import Incompatible, ModelError
from obim.models.binding import build_skeleton, locate
from obim.models.checkpoint import Checkpoint, SafetensorsFile, open_safetensors, read_json

_PREFIX = "base_model.model."
_LORA = (".lora_A.weight", ".lora_B.weight", ".lora_embedding_A", ".lora_embedding_B")
_REFUSED = {
    "use_dora": "DoRA",
    "lora_bias": "LoRA with bias",
    "layer_replication": "layer replication",
    "target_parameters": "LoRA on bare parameters",
    "trainable_token_indices": "trainable tokens",
    "alora_invocation_tokens": "activated LoRA",
    "use_qalora": "QALoRA",
    "arrow_config": "Arrow routing",
    "kasa_config": "KaSA",
    "monteclora_config": "MonteCLoRA",
    "use_bdlora": "block-diagonal LoRA",
    "velora_config": "VeLoRA",
}
_BASE_KEPT = {"true", "false", "gaussian", "eva", "orthogonal", "mica"}
"""Ways to begin that leave the base as it is. PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA take their
first product off the base's own weights: ``scale * B A`` isn't the change to them."""


class _Config(BaseModel):
    """What of an adapter's config decides its delta; PEFT's names and defaults."""

    r: int = Field(8, ge=1)
    lora_alpha: float = 8
    rank_pattern: dict[str, int] = {}
    alpha_pattern: dict[str, float] = {}
    use_rslora: bool = False
    modules_to_save: list[str] = []


@dataclass(frozen=True)
class _Patch:
    """What an adapter does to one file tensor."""

    a: str | None = None
    b: str | None = None
    scale: float = 0.0
    transpose: bool = False
    saved: str | None = None


class AdapterSource:
    """A donor that is a LoRA adapter on the base."""

    kind: Literal["full", "adapter"] = "adapter"

    def __init__(
        self, path: Path, base: Checkpoint, file: SafetensorsFile, patches: dict[str, _Patch]
    ) -> None:
        self.path = path
        self.name = path.name
        self.parameters = sum(info.numel for info in file.tensors.values())
        self.dtypes = sorted({info.dtype for info in file.tensors.values()})
        self._base = base
        self._file = file
        self._patches = patches

    def delta(self, name: str, base_tensor: Tensor | None = None) -> Tensor | None:
        """``scale * B A`` in float32, plus saved module - W0 where the adapter stores a module.

        Source: Hu et al. 2021, section 4.1. See ``DonorSource.delta``.
        """
        patch = self._patches.get(name)
        if patch is None:
            return None
        total: Tensor | None = None
        if patch.a is not None and patch.b is not None:
            product = self._file.read(patch.b).float() @ self._file.read(patch.a).float()
            product *= patch.scale
            total = product.T.contiguous() if patch.transpose else product
        if patch.saved is not None:
            if base_tensor is None:
                base_tensor = self._base.read(name)
            change = self._file.read(patch.saved).float() - base_tensor.float()
            total = change if total is None else total + change
        return total


def open_adapter(path: Path, base: Checkpoint) -> AdapterSource:
    """Open an adapter folder by its headers.

    Raises:
        ModelError: it isn't a LoRA adapter whose delta can be computed exactly.
        Incompatible: it was made for another base.
    """
    config = _read_config(path)
    weights = path / "adapter_model.safetensors"
    if not weights.is_file():
        raise ModelError(
            f"{path} has no adapter_model.safetensors; save the adapter in that format first."
        )
    file = open_safetensors(weights)
    return AdapterSource(path, base, file, _Reader(path, config, base, file).patches())


def _read_config(path: Path) -> _Config:
    raw = read_json(path / "adapter_config.json")
    if raw.get("peft_type") != "LORA":
        raise ModelError(
            f"{path} is a {raw.get('peft_type')} adapter; only LoRA adapters can be merged."
        )
    for key, label in _REFUSED.items():
        if raw.get(key):
            raise ModelError(
                f"{path} uses {label}, which isn't supported; merge it by itself first."
            )
    if raw.get("bias", "none") != "none":
        raise ModelError(f"{path} trains biases as well, which isn't supported yet.")
    begun = raw.get("init_lora_weights", True)
    if str(begun).lower() not in _BASE_KEPT:
        raise ModelError(
            f"{path} began by changing the base ({begun}), so it doesn't fit the base alone; "
            "save it as a plain LoRA adapter with PEFT's path_initial_model_for_weight_conversion."
        )
    try:
        return _Config.model_validate({k: v for k, v in raw.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(
            f"{path}/adapter_config.json is not valid: {where}: {first['msg']}"
        ) from error


class _Reader:
    """Matches an adapter's tensors with the base's; only used while opening."""

    def __init__(
        self, path: Path, config: _Config, base: Checkpoint, file: SafetensorsFile
    ) -> None:
        self.path, self.config, self.base, self.file = path, config, base, file
        self.skeleton = build_skeleton(base.path)
        addresses = locate(self.skeleton, base)
        self.file_names = {a.parameter: name for name, a in addresses.items() if a.expert is None}

    def patches(self) -> dict[str, _Patch]:
        pairs: dict[str, dict[str, str]] = {}
        for key in self.file.tensors:
            if not key.startswith(_PREFIX):
                raise ModelError(f"{self.path} has a tensor that isn't understood: {key!r}.")
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
                f"{self.path.name} changes {parameter!r}, which the base's files don't store; "
                "the adapter belongs to another base or unties its embeddings."
            )
        return name

    def _patch(self, parameter: str, found: dict[str, str]) -> _Patch:
        module_name = parameter.rpartition(".")[0]
        module: Any = self.skeleton.get_submodule(module_name)
        embedding = module is self.skeleton.get_input_embeddings()
        trained = "a" in found or module_name.endswith(tuple(self.config.modules_to_save))
        if embedding and self.base.tied and trained:
            raise ModelError(
                f"{self.path} trains an embedding that is also the output head, which isn't "
                "supported; merge it by itself first."
            )
        shape = self.base.tensors[self._target(parameter)].shape
        if "saved" in found:
            self._check(found["saved"], self.file.tensors[found["saved"]].shape, shape)
        if "a" not in found and "b" not in found:
            return _Patch(saved=found["saved"])
        if "a" not in found or "b" not in found:
            raise ModelError(f"{self.path} has only half of the pair for {parameter!r}.")
        a, b = self.file.tensors[found["a"]].shape, self.file.tensors[found["b"]].shape
        transpose = isinstance(module, Conv1D) or "lora_embedding" in found["a"]
        if len(a) != 2 or len(b) != 2 or a[0] != b[1]:
            raise ModelError(f"{self.path}: the pair for {parameter!r} doesn't fit together.")
        product = (a[1], b[0]) if transpose else (b[0], a[1])
        self._check(found["b"], product, shape)
        scale = self._scale(module_name, a[0])
        return _Patch(found["a"], found["b"], scale, transpose, found.get("saved"))

    def _check(self, key: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        if got != wanted:
            raise Incompatible(
                f"{self.path.name}: {key!r} changes a {list(got)} tensor, in the base it is "
                f"{list(wanted)}; the adapter belongs to another base."
            )

    def _scale(self, module: str, rank: int) -> float:
        """``alpha / r``, or ``alpha / sqrt(r)`` for rank-stabilised LoRA."""
        config = self.config
        alphas, ranks = config.alpha_pattern, config.rank_pattern
        alpha = alphas.get(get_pattern_key(list(alphas), module), config.lora_alpha)
        stated = ranks.get(get_pattern_key(list(ranks), module), config.r)
        if stated != rank:
            raise ModelError(
                f"{self.path}: {module!r} has rank {rank}, its config says {stated}; "
                "the adapter's files don't fit together."
            )
        return float(alpha) / (math.sqrt(rank) if config.use_rslora else rank)
