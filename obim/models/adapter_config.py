"""What of a PEFT adapter's config decides its delta, and which adapters have to be refused.

It reads one JSON file; it opens no weights.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from obim.errors import ModelError
from obim.models.checkpoint import read_json

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


class AdapterConfig(BaseModel):
    """What of an adapter's config decides its delta; PEFT's names and defaults."""

    r: int = Field(8, ge=1)
    lora_alpha: float = 8
    rank_pattern: dict[str, int] = {}
    alpha_pattern: dict[str, float] = {}
    use_rslora: bool = False
    modules_to_save: list[str] = []
    base_model_name_or_path: str | None = None


def read_adapter_config(path: Path) -> AdapterConfig:
    """Read the config of an adapter folder.

    Raises:
        ModelError: it isn't a LoRA adapter whose delta can be computed exactly.
    """
    raw = read_json(path / "adapter_config.json")
    _refuse_variants(path, raw)
    try:
        return AdapterConfig.model_validate({k: v for k, v in raw.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(
            "{path}/adapter_config.json is not valid: {where}: {reason}",
            path=path,
            where=where,
            reason=first["msg"],
        ) from error


def _refuse_variants(path: Path, raw: dict[str, Any]) -> None:
    if raw.get("peft_type") != "LORA":
        raise ModelError(
            "{path} is a {kind} adapter; only LoRA adapters can be merged.",
            path=path,
            kind=raw.get("peft_type"),
        )
    for key, label in _REFUSED.items():
        if raw.get(key):
            raise ModelError(
                "{path} uses {label}, which isn't supported; merge it by itself first.",
                path=path,
                label=label,
            )
    if raw.get("bias", "none") != "none":
        raise ModelError("{path} trains biases as well, which isn't supported yet.", path=path)
    begun = raw.get("init_lora_weights", True)
    if str(begun).lower() not in _BASE_KEPT:
        raise ModelError(
            "{path} began by changing the base ({begun}), so it doesn't fit the base alone; "
            "save it as a plain LoRA adapter with PEFT's "
            "path_initial_model_for_weight_conversion.",
            path=path,
            begun=begun,
        )
