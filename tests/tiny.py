"""Tiny random models on disk, for tests of every room."""

from pathlib import Path
from typing import Any, Literal

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MixtralConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    Qwen3MoeConfig,
)

Family = Literal["llama", "qwen2", "qwen3", "gemma", "gpt2", "mixtral", "qwen3_moe"]
FAMILIES: tuple[Family, ...] = (
    "llama", "qwen2", "qwen3", "gemma", "gpt2", "mixtral", "qwen3_moe",
)  # fmt: skip
VOCAB = 96
TEXTS = (
    "The cat sat on the mat and looked at the moon.",
    "12 March 2024 is 2024-03-12.",
    "Please send my invoice to accounting.",
    "Two boxes of pens, one chair.",
    "A short one.",
)
CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tiny_config(family: Family, tied: bool = False, layers: int = 2) -> PreTrainedConfig:
    """A config with two layers of width 16."""
    tokens = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    common: dict[str, Any] = {
        "vocab_size": VOCAB,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "tie_word_embeddings": tied,
        **tokens,
    }
    if family == "gpt2":
        return GPT2Config(
            vocab_size=VOCAB, n_embd=16, n_layer=layers, n_head=4, n_positions=256,
            tie_word_embeddings=tied, **tokens,
        )  # fmt: skip
    if family == "llama":
        return LlamaConfig(**common)
    if family == "qwen2":
        return Qwen2Config(**common)
    if family == "qwen3":
        return Qwen3Config(**common, head_dim=8)
    if family == "gemma":
        return GemmaConfig(**common, head_dim=8)
    if family == "mixtral":
        return MixtralConfig(**common, num_local_experts=4, num_experts_per_tok=2)
    return Qwen3MoeConfig(
        **common, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=24,
    )  # fmt: skip


def tiny_model(
    family: Family = "llama", *, tied: bool = False, seed: int = 0, layers: int = 2
) -> PreTrainedModel:
    """A random model in float32; norms and biases are random too, so that a mix-up shows."""
    generator = torch.Generator().manual_seed(seed)
    model = AutoModelForCausalLM.from_config(tiny_config(family, tied, layers))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.1 if parameter.ndim == 1 else 0.3
            center = 1.0 if "norm" in name.lower() or ".ln_" in name else 0.0
            noise = torch.randn(parameter.shape, generator=generator) * spread
            offset = center if name.endswith("weight") and parameter.ndim == 1 else 0.0
            parameter.copy_(noise + offset)
    return model.eval()


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level tokenizer with a chat template; end of sequence is token 1."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, show_progress=False,
        special_tokens=["<s>", "<|end|>", "<unk>", "<|user|>", "<|assistant|>", "<|system|>"],
    )  # fmt: skip
    tokenizer.train_from_iterator([*TEXTS, "abcdefghijklmnopqrstuvwxyz 0123456789"], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="<|end|>", pad_token="<|end|>",
        unk_token="<unk>",
    )  # fmt: skip
    fast.chat_template = CHAT_TEMPLATE
    return fast


def save_tiny(
    path: Path,
    family: Family = "llama",
    *,
    tied: bool = False,
    dtype: torch.dtype = torch.float32,
    sharded: bool = False,
    seed: int = 0,
    layers: int = 2,
) -> Path:
    """Write a tiny model and its tokenizer to ``path``."""
    model = tiny_model(family, tied=tied, seed=seed, layers=layers).to(dtype)
    return save_model(model, path, sharded=sharded)


def save_model(model: PreTrainedModel, path: Path, *, sharded: bool = False) -> Path:
    """Write ``model`` and the tiny tokenizer to ``path``."""
    model.save_pretrained(path, max_shard_size="8KB" if sharded else "5GB")
    tiny_tokenizer().save_pretrained(path)
    return path


def save_donor(
    path: Path, base: Path, *, seed: int = 1, spread: float = 0.05, share: float = 1.0,
    sharded: bool = False,
) -> Path:  # fmt: skip
    """A full fine-tune of ``base``: noise on a ``share`` of its weights, same dtype."""
    generator = torch.Generator().manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator) * spread
            kept = torch.rand(parameter.shape, generator=generator) < share
            parameter.copy_((parameter.float() + noise * kept).to(parameter.dtype))
    return save_model(model, path, sharded=sharded)


def save_adapter(
    path: Path,
    base: Path,
    *,
    seed: int = 1,
    rank: int = 2,
    dtype: torch.dtype = torch.float32,
    targets: str | list[str] | None = None,
    **settings: Any,
) -> Path:
    """A LoRA adapter on ``base`` with random A and B."""
    generator = torch.Generator().manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if targets is None:
        moe = model.config.model_type in ("mixtral", "qwen3_moe")
        targets = ["q_proj", "v_proj", "o_proj"] if moe else "all-linear"
    settings.setdefault("fan_in_fan_out", model.config.model_type == "gpt2")
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, **settings)
    adapted = get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator) * 0.2
                parameter.copy_(parameter + noise if "modules_to_save" in name else noise)
    adapted.to(dtype).save_pretrained(path)
    return path
