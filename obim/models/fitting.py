"""Why a checkpoint can't be merged, or not with a base: from configs and headers alone."""

from typing import Any

from obim.errors import Sentence
from obim.models.checkpoint import Checkpoint
from obim.models.sources import match_names

_SAME = {
    "hidden_size": "Its hidden size is {theirs}, the base has {ours}; choose a fine-tune of it.",
    "num_hidden_layers": (
        "Its number of hidden layers is {theirs}, the base has {ours}; choose a fine-tune of it."
    ),
    "num_attention_heads": (
        "Its number of attention heads is {theirs}, the base has {ours}; choose a fine-tune of it."
    ),
    "num_key_value_heads": (
        "Its number of key value heads is {theirs}, the base has {ours}; choose a fine-tune of it."
    ),
    "vocab_size": "Its vocab size is {theirs}, the base has {ours}; choose a fine-tune of it.",
}
"""What has to be the same in both configs, and the sentence for where it isn't."""
_ALIASES = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
}


def fact(config: dict[str, Any], key: str) -> Any:
    """What a config says under a key, or under the older name of it; None where nothing."""
    value = config.get(key)
    return config.get(_ALIASES.get(key, "")) if value is None else value


def weights_problems(checkpoint: Checkpoint) -> tuple[Sentence, ...]:
    """Why these weights can't be merged as they are."""
    found = []
    if checkpoint.config.get("quantization_config"):
        found.append(Sentence("It is quantised; choose the unquantised model."))
    if "auto_map" in checkpoint.config:
        found.append(
            Sentence("It brings its own code, which is not run here; choose another model.")
        )
    strange = sorted({i.dtype for i in checkpoint.tensors.values() if "float8" in i.dtype})
    if strange:
        found.append(
            Sentence(
                "Its weights are {dtypes}; convert them to bfloat16 first.",
                dtypes=", ".join(strange),
            )
        )
    return tuple(found)


def compare(base: Checkpoint, donor: Checkpoint) -> tuple[Sentence, ...]:
    """Why ``donor`` is no fine-tune of ``base``; at most a few sentences."""
    ours, theirs = base.config.get("model_type"), donor.config.get("model_type")
    if ours != theirs:
        other = Sentence(
            "It is a {theirs} model, the base is {ours}; choose a fine-tune of this base.",
            theirs=theirs,
            ours=ours,
        )
        return (other,)
    facts = {key: (fact(base.config, key), fact(donor.config, key)) for key in _SAME}
    unlike = [Sentence(_SAME[key], theirs=b, ours=a) for key, (a, b) in facts.items() if a != b]
    return (*unlike, *_compare_tensors(base, donor, alike=not unlike))


def _compare_tensors(base: Checkpoint, donor: Checkpoint, alike: bool) -> list[Sentence]:
    """Tensors that one of them lacks, or else (where configs are alike) of another shape."""
    problems: list[Sentence] = []
    names = match_names(base, donor)
    lacking = [name for name in base.tensors if name not in names]
    if lacking:
        problems.append(
            Sentence(
                "It lacks {n} tensors of the base, {tensor!r} for one.",
                n=len(lacking),
                tensor=lacking[0],
            )
        )
    extra = sorted(set(donor.tensors) - set(names.values()))
    if extra:
        problems.append(
            Sentence(
                "It has {n} tensors that the base lacks, {tensor!r} for one.",
                n=len(extra),
                tensor=extra[0],
            )
        )
    shaped = [n for n, t in names.items() if base.tensors[n].shape != donor.tensors[t].shape]
    if shaped and alike and not problems:
        problems.append(
            Sentence(
                "{n} tensors have another shape, {tensor!r} for one.",
                n=len(shaped),
                tensor=shaped[0],
            )
        )
    return problems
