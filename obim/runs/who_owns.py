"""The read behind "who owns what": the owner map counted by layer, module, head, donor and turn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from obim.insight.heads import KINDS
from obim.insight.ownership import Tally, tally
from obim.merging.plan import require_turns
from obim.runs.bench import Bench
from obim.runs.jobs import Owners
from obim.runs.naming import group_of, groups_of, layer_of, module_of

Counts = NDArray[np.int64]


def read_owners(bench: Bench, request: Owners) -> dict[str, Any]:
    """The owner map after a turn, counted.

    Returns:
        ``turn``; ``layers``: ``label``, ``layer`` (None outside the layers), ``size`` and ``owned``
        positions a donor; ``modules``: the same with ``name``; ``turns``: ``number``, ``round``,
        ``donor``, ``claimed`` and ``modules``, positions in each of the modules; ``heads``: a
        ``kind`` each with ``count`` and ``layers``: ``layer``, ``tensor``, ``axis``, ``lines`` (the
        first line and the one behind the last of each head), ``size`` of a head and ``owned``,
        (donors, heads). Tensors that the merge leaves out are in none of these.
    """
    require_turns(bench.spec)
    bench.reader.catch_up()
    now = len(bench.reader.turns())
    turn = now if request.turn is None else max(0, min(request.turn, now))
    counted = _tally(bench, now)
    donor_of = _donors(bench, turn)
    names = list(counted.tensors)
    return {
        "turn": turn,
        "layers": [
            {"label": label, "layer": layer, **_share(counted, mine, donor_of)}
            for label, layer in groups_of(names)
            for mine in [[n for n in names if group_of(n) == (label, layer)]]
        ],
        "modules": [
            {"name": module, **_share(counted, mine, donor_of)}
            for module, mine in _by_module(names).items()
        ],
        "turns": _turns(bench, counted, turn),
        "heads": _heads(counted, donor_of),
    }


def _tally(bench: Bench, now: int) -> Tally:
    """Counts at the last turn done; kept until there is another."""
    held = bench.seen.get("owners")
    if held is not None and held[0] == now:
        known: Tally = held[1]
        return known
    if bench.merge is not None:
        owners = bench.merge.owner
    elif bench.folder.has_owner_map:
        owners = bench.folder.owner_maps(bench.sizes())
    else:
        owners = {name: np.zeros(n, np.uint8) for name, n in bench.sizes()}
    counted = tally(bench.base, owners)
    bench.seen["owners"] = (now, counted)
    return counted


def _donors(bench: Bench, turn: int) -> Counts:
    """(donors, 256): whether a turn up to this one is a donor's."""
    mine = np.zeros((len(bench.spec.donors), 256), np.int64)
    for visit in bench.plan.visits[:turn]:
        mine[visit.donor, visit.number] = 1
    return mine


def _share(counted: Tally, names: list[str], donor_of: Counts) -> dict[str, Any]:
    counts = sum((counted.tensors[name] for name in names), np.zeros(256, np.int64))
    return {"size": int(counts.sum()), "owned": (donor_of @ counts).tolist()}


def _by_module(names: list[str]) -> dict[str, list[str]]:
    """Modules in the order of a layer, then what lies outside; experts of a mixture are one."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda n: layer_of(n) is None):
        found.setdefault(_module(name), []).append(name)
    return found


def _module(name: str) -> str:
    """The module without the number of an expert."""
    return ".".join(part for part in module_of(name).split(".") if not part.isdigit())


def _turns(bench: Bench, counted: Tally, turn: int) -> list[dict[str, Any]]:
    modules = _by_module(list(counted.tensors))
    sums = [
        sum((counted.tensors[n] for n in mine), np.zeros(256, np.int64))
        for mine in modules.values()
    ]
    return [
        {
            "number": visit.number,
            "round": visit.round,
            "donor": visit.donor,
            "claimed": int(sum(counts[visit.number] for counts in sums)),
            "modules": [int(counts[visit.number]) for counts in sums],
        }
        for visit in bench.plan.visits[:turn]
    ]


def _heads(counted: Tally, donor_of: Counts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind in KINDS:
        layers = [
            {
                "layer": layer_of(name),
                "tensor": name,
                "axis": heads.axis,
                "lines": [
                    [heads.first + h * heads.step, heads.first + h * heads.step + heads.width]
                    for h in range(heads.count)
                ],
                "size": int(counts[0].sum()),
                "owned": (donor_of @ counts.T).tolist(),
            }
            for (name, heads), counts in counted.heads.items()
            if heads.kind == kind
        ]
        if layers:
            layers.sort(key=lambda entry: -1 if entry["layer"] is None else entry["layer"])
            count = max(len(entry["lines"]) for entry in layers)
            found.append({"kind": kind, "count": count, "layers": layers})
    return found
