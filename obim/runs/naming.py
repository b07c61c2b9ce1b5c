"""What a file tensor is called on screen: its layer, its module, its row in the charts."""

import re
from collections.abc import Iterable, Sequence

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\.")
_ORDER = ("embed", "norm", "head", "other")


def layer_of(name: str) -> int | None:
    """Decoder layer from 0, None outside the layers."""
    match = _LAYER.search(name)
    return int(match.group(1)) if match else None


def module_of(name: str) -> str:
    """Short name of the module, e.g. ``q_proj``; a bias says so."""
    match = _LAYER.search(name)
    parts = name[match.end() :].split(".") if match else name.split(".")[-2:]
    suffix = parts.pop() if parts[-1] in ("weight", "bias") and len(parts) > 1 else "weight"
    if len(parts) == 2 and parts[0] in ("self_attn", "mlp") and not parts[1].startswith("c_"):
        parts = parts[1:]
    return ".".join(parts) + (".bias" if suffix == "bias" else "")


def part_of(name: str) -> str:
    """Kind of module, the same in every layer: no bias of its own, all experts alike."""
    kind = module_of(name).removesuffix(".bias").split(".")
    return ".".join(word for word in kind if not word.isdecimal())


def parts_of(names: Iterable[str]) -> list[tuple[int | None, str]]:
    """All (layer, kind of module) that ``names`` need by layer; those outside come last."""
    found = dict.fromkeys((layer_of(name), part_of(name)) for name in names)
    return sorted(found, key=lambda part: (part[0] is None, part[0] or 0))


def group_of(name: str) -> tuple[str, int | None]:
    """Row of the occupancy chart: (label, layer)."""
    layer = layer_of(name)
    if layer is not None:
        return ("layer", layer)
    module = name.lower()
    if "embed" in module or ".wte" in module or ".wpe" in module or module.startswith("wte"):
        return ("embed", None)
    if "lm_head" in module or "embed_out" in module:
        return ("head", None)
    if "norm" in module or "ln_f" in module:
        return ("norm", None)
    return ("other", None)


def groups_of(names: Iterable[str]) -> list[tuple[str, int | None]]:
    """All rows that ``names`` need, in model order: embedding, layers, norm, head, other."""

    def place(group: tuple[str, int | None]) -> tuple[int, int]:
        label, layer = group
        if layer is not None:
            return (1, layer)
        return (0, 0) if label == "embed" else (2, _ORDER.index(label))

    return sorted({group_of(name) for name in names}, key=place)


def groups_event(sizes: Sequence[tuple[str, int]]) -> dict[str, object]:
    """The journal's event that names the rows of the charts.

    Args:
        sizes: (name, positions) of the tensors that may change.
    """
    counts = dict.fromkeys(groups_of(name for name, _ in sizes), 0)
    for name, n in sizes:
        counts[group_of(name)] += n
    parts = parts_of(name for name, _ in sizes)
    return {
        "event": "groups",
        "groups": list(counts),
        "sizes": list(counts.values()),
        "parts": parts,
    }
