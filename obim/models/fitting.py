"""Why a checkpoint can't be merged, or not with a base: from configs and headers alone."""

from pathlib import PurePosixPath
from typing import Any

from obim.errors import Sentence
from obim.models.checkpoint import Checkpoint
from obim.models.hub import title_of
from obim.models.sources import FullSource

FLOATS = {"bfloat16", "float16", "float32", "float64"}
"""Dtypes that can be merged."""

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
}
"""What has to be the same in both configs, and the sentence for where it isn't."""
_ALIASES = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
}


_QUANTISERS = {
    "gptq": "GPTQ",
    "awq": "AWQ",
    "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "bitsandbytes_8bit": "bitsandbytes",
    "fp8": "fp8",
    "fbgemm_fp8": "fp8",
}
"""What a config calls a way to quantise, and what people do."""
_MARKS = (
    (".g_idx", "GPTQ"),
    (".qzeros", "AWQ"),
    (".absmax", "bitsandbytes"),
    (".SCB", "bitsandbytes"),
    (".weight_scale_inv", "fp8"),
)
"""Endings of tensor names that only quantised weights have; GPTQ has AWQ's as well."""


def fact(config: dict[str, Any], key: str) -> Any:
    """What a config says under a key, or under the older name of it; None where nothing."""
    value = config.get(key)
    return config.get(_ALIASES.get(key, "")) if value is None else value


def weights_problems(checkpoint: Checkpoint) -> tuple[Sentence, ...]:
    """Why these weights can't be merged as they are."""
    found = []
    method = _quantiser(checkpoint)
    if method:
        found.append(
            Sentence(
                "Its weights are quantised with {method}; choose the unquantised model.",
                method=method,
            )
        )
    elif checkpoint.config.get("quantization_config"):
        found.append(Sentence("It is quantised; choose the unquantised model."))
    if "auto_map" in checkpoint.config:
        found.append(
            Sentence("It brings its own code, which is not run here; choose another model.")
        )
    return tuple(found)


def _quantiser(checkpoint: Checkpoint) -> str:
    """The way these weights are quantised, by their config, names or dtypes; empty where none."""
    stated = checkpoint.config.get("quantization_config")
    if isinstance(stated, dict):
        method = str(stated.get("quant_method") or "")
        if not method and (stated.get("load_in_4bit") or stated.get("load_in_8bit")):
            method = "bitsandbytes"
        if method:
            return _QUANTISERS.get(method.lower(), method)
    for ending, method in _MARKS:
        if any(name.endswith(ending) for name in checkpoint.tensors):
            return method
    return "fp8" if any("float8" in info.dtype for info in checkpoint.tensors.values()) else ""


def compare(base: Checkpoint, source: FullSource) -> tuple[Sentence, ...]:
    """Why a donor is no fine-tune of ``base``; at most a few sentences."""
    donor = source.checkpoint
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
    surplus = _compare_names(base, source)
    if unlike or surplus:
        return (*unlike, *surplus)
    return tuple(_compare_tensors(base, source))


def _compare_names(base: Checkpoint, source: FullSource) -> list[Sentence]:
    """Tensors that one of them lacks."""
    problems: list[Sentence] = []
    donor, names = source.checkpoint, source.names
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
    return problems


def _compare_tensors(base: Checkpoint, source: FullSource) -> list[Sentence]:
    """Tensors of another shape or kind; a vocabulary may have other rows."""
    problems: list[Sentence] = []
    donor, names = source.checkpoint, source.names
    pairs = [(base.tensors[n], donor.tensors[t]) for n, t in names.items()]
    shaped = [a for a, b in pairs if a.shape != b.shape and a.name not in source.shared]
    if shaped:
        problems.append(
            Sentence(
                "{n} tensors have another shape, {tensor!r} for one.",
                n=len(shaped),
                tensor=shaped[0].name,
            )
        )
    kinds = [b for a, b in pairs if a.dtype in FLOATS and b.dtype not in FLOATS]
    if kinds:
        problems.append(
            Sentence(
                "{n} of its tensors hold numbers that can't be merged, {tensor!r} for one "
                "({dtype}); choose the model in bfloat16, float16 or float32.",
                n=len(kinds),
                tensor=kinds[0].name,
                dtype=kinds[0].dtype,
            )
        )
    return problems


def check_base_name(made_for: str, base: Checkpoint, also: str = "") -> tuple[Sentence, ...]:
    """Warn where an adapter names another base than the chosen one.

    Names are compared by their last part, since folders and repositories are called many ways.

    Args:
        made_for: what the adapter calls its base; empty where it names none.
        base: the chosen base.
        also: one more name that the base is known by.
    """
    ours = title_of(base.path.resolve())
    known = (ours, base.path.name, also, str(base.config.get("_name_or_path") or ""))
    if not made_for or _last_part(made_for) in {_last_part(name) for name in known if name}:
        return ()
    return (
        Sentence(
            "It was made for {theirs}, the base is {ours}: fine if that is the same model by "
            "another name, else choose the adapter's own base.",
            theirs=made_for,
            ours=ours,
        ),
    )


def _last_part(name: str) -> str:
    """``org/Name``, a path or a folder of the hub's cache -> ``name``."""
    title = title_of(PurePosixPath(name.replace("\\", "/")))
    return title.rpartition("/")[2].casefold()
