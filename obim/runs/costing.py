"""What measuring for an estimator takes beside a forward pass: time, memory, disk. Headers only."""

from collections.abc import Mapping
from typing import Any

from obim.models.checkpoint import Checkpoint
from obim.registry import find
from obim.runs.naming import layer_of, module_of
from obim.types import MergeSpec

_FLOAT32 = 4
_POSITIONS = 512
"""Of a backward pass, as `obim.saliency.losses` cuts them."""
_KEPT = 3
"""What is kept of each linear map's input and output for the way back, with what lies between."""


def _facts(spec: MergeSpec) -> Mapping[str, Any]:
    return find("estimator", spec.estimator).facts


def passes(spec: MergeSpec) -> float:
    """How much longer than by forward passes alone the estimator measures, on a CPU."""
    return float(_facts(spec).get("passes", 1.0))


def goes_by_layer(spec: MergeSpec) -> bool:
    """Whether the estimator can measure with one layer in memory at a time."""
    return not _facts(spec).get("graphs", 0)


def memory_whole(spec: MergeSpec, base: Checkpoint) -> int:
    """Bytes of measuring with the whole model in float32.

    Weights, sums and gradients are so many copies of the model (`copies`: 1 for vectors, 2 for
    `fisher`, 5 for `hutchinson`); for each graph (`graphs`: 2 where it is differentiated twice) the
    activations of 512 tokens.
    """
    facts = _facts(spec)
    copies, graphs = int(facts.get("copies", 1)), int(facts.get("graphs", 0))
    return _FLOAT32 * (copies * base.parameters + graphs * _POSITIONS * _KEPT * _widths(base))


def _widths(base: Checkpoint) -> int:
    """Inputs and outputs of all linear maps that one token passes through."""
    experts = int(base.config.get("num_experts_per_tok") or 1)
    maps: dict[tuple[int | None, str], int] = {}
    for name, info in base.tensors.items():
        if len(info.shape) >= 2:
            plain = ".".join(part for part in module_of(name).split(".") if not part.isdecimal())
            times = experts if "experts" in plain else 1
            maps[layer_of(name), plain] = times * sum(info.shape[-2:])
    return sum(maps.values())


def kept_on_disk(spec: MergeSpec, base: Checkpoint) -> int:
    """Bytes of a donor's statistics where they are a tensor a weight; 0 where they are vectors."""
    whole = int(_facts(spec).get("copies", 1)) > 1
    return _FLOAT32 * base.parameters if whole else 0
