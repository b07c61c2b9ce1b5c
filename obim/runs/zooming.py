"""The read behind the look inside one tensor: who wants each weight, who got it, in which turn.

It counts whole blocks and goes down to single weights; it merges nothing.
"""

import base64
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from obim.errors import RunError
from obim.insight.picturing import Meaning, Picture, Window, as_matrix, picture
from obim.insight.wanting import Wanted, meaning, want
from obim.merging.estimating import memory_ranked
from obim.merging.pieces import blocks
from obim.merging.plan import require_turns, row_axis
from obim.merging.pooling import workers
from obim.runs.bench import Bench
from obim.runs.histograms import logarithmic
from obim.runs.jobs import Inside
from obim.runs.memory import require_memory

_SIZES = (8, 128)


def read_inside(bench: Bench, request: Inside) -> dict[str, Any]:
    """A window of one tensor, each pixel a block of positions that were counted one by one.

    Returns:
        ``shape``: (rows, columns) of the tensor, a row an output; ``window``; ``rows``, ``cols`` of
        the picture and ``row_edges``, ``col_edges``, where its blocks begin and end; ``totals``:
        positions of each category in the window: nobody's, each donor's, and of ``wants`` those
        that several want, and several in opposite directions; of ``turns`` each turn's; ``counts``:
        base64 of (rows, cols, categories) unsigned integers of ``bytes`` bytes each, of ``turns``
        (rows, cols, 3): the turn with most positions, how many, how many were claimed; ``members``:
        (rows, donors) and (columns, donors), positions in which each donor has a part; ``values``:
        where each pixel is one weight, base64 of (donors, rows, cols) float32 of deltas and of
        saliency, and of the codes who wants it; ``histogram``, see `logarithmic`; ``measured``: a
        donor each; ``turn``: at which.

    Raises:
        RunError: no such tensor or window, or the merge leaves it out or isn't prepared.
    """
    shape, turned = _shape(bench, request), row_axis(bench.base.config, request.tensor) == 1
    height, width = as_matrix(np.empty(shape, np.bool_).reshape(-1), shape, turned).shape
    window = Window(*request.window) if request.window else Window(0, height, 0, width)
    if not window.within(height, width) or not _SIZES[0] <= request.size <= _SIZES[1]:
        raise RunError("There is no such part of {tensor!r}.", tensor=request.tensor)
    wanted = _wanted(bench, request.tensor)
    turn = _turn(bench, request)
    codes, means = _codes(bench, request, wanted, turn)
    found = picture(as_matrix(codes, shape, turned), means, window, request.size)
    single = window.bottom - window.top <= request.size >= window.right - window.left
    flat = _flat(window, (height, width), turned) if single else None
    return {
        "tensor": request.tensor,
        "view": request.view,
        "shape": [height, width],
        "window": [window.top, window.bottom, window.left, window.right],
        **_told(found, request.view),
        "values": None if flat is None else _values(bench, request.tensor, flat, wanted),
        "histogram": logarithmic(wanted.halves, wanted.zeros),
        "measured": list(wanted.measured),
        "turn": turn,
    }


def _shape(bench: Bench, request: Inside) -> tuple[int, ...]:
    require_turns(bench.spec)
    if request.tensor not in bench.floating():
        raise RunError(
            "There is no tensor {tensor!r} of weights; choose another.", tensor=request.tensor
        )
    if request.tensor not in bench.plan.names:
        raise RunError(
            "{tensor!r} is left out of the merge; it stays the base's.", tensor=request.tensor
        )
    return bench.base.tensors[request.tensor].shape


def _turn(bench: Bench, request: Inside) -> int:
    """The turn to look at, at most the last one done."""
    bench.reader.catch_up()
    now = len(bench.reader.turns())
    return now if request.turn is None else max(0, min(request.turn, now))


def _wanted(bench: Bench, name: str) -> Wanted:
    """Who wants what of a tensor; the last one looked at is kept."""
    held = bench.seen.get("wanted")
    if held is not None and held[0] == name:
        known: Wanted = held[1]
        return known
    sizes = None
    if bench.spec.scope == "global":  # the sets follow from all tensors together
        if bench.merge is None:
            raise RunError(
                "The whole model is ranked together here, which a look inside one tensor doesn't "
                "do. Take a turn or a step back first, then look again."
            )
        sizes = bench.merge.kept.get(name, [0] * len(bench.donors))
    bench.seen.pop("wanted", None)
    require_memory(memory_ranked(bench.spec, bench.base.tensors[name].numel))
    wanted = want(bench.plan, bench.base.read(name), bench.donors, name, sizes)
    bench.seen["wanted"] = (name, wanted)
    return wanted


def _codes(
    bench: Bench, request: Inside, wanted: Wanted, turn: int
) -> tuple[NDArray[Any], Meaning]:
    if request.view == "wants":
        return wanted.codes, meaning(len(bench.donors))
    by_turn = request.view == "turns"
    return _owner(bench, request.tensor), _owned(bench, turn, by_turn)


def _owner(bench: Bench, name: str) -> NDArray[np.uint8]:
    if bench.merge is not None:
        return bench.merge.owner[name]
    if not bench.folder.has_owner_map:
        return np.zeros(bench.base.tensors[name].numel, np.uint8)
    return bench.folder.owner_maps(bench.sizes())[name]


def _owned(bench: Bench, turn: int, by_turn: bool) -> Meaning:
    """What an owner map says: the donor's category is its number + 1, or the turn's is its own."""
    donors = len(bench.spec.donors)
    category, members = np.zeros(256, np.int64), np.zeros((256, donors), np.bool_)
    for visit in bench.plan.visits[:turn]:
        category[visit.number] = visit.number if by_turn else visit.donor + 1
        members[visit.number, visit.donor] = True
    return Meaning(category, members, 1 + (turn if by_turn else donors))


def _told(found: Picture, view: str) -> dict[str, Any]:
    """The picture as it travels."""
    counts = found.counts
    totals = counts.sum(axis=(0, 1))
    if view == "turns":
        claimed = counts[:, :, 1:]
        most = claimed.argmax(axis=2) + 1 if claimed.size else np.zeros(counts.shape[:2], int)
        many = claimed.max(axis=2, initial=0)
        counts = np.stack([np.where(many > 0, most, 0), many, claimed.sum(axis=2)], axis=2)
    kind = np.min_scalar_type(int(counts.max(initial=0)))
    return {
        "rows": counts.shape[0],
        "cols": counts.shape[1],
        "row_edges": found.row_edges.tolist(),
        "col_edges": found.col_edges.tolist(),
        "totals": totals.tolist(),
        "counts": _packed(counts.astype(kind)),
        "bytes": kind.itemsize,
        "members": [found.row_members.tolist(), found.col_members.tolist()],
    }


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _flat(window: Window, shape: tuple[int, int], turned: bool) -> NDArray[np.int64]:
    """Where the positions of a window lie in the tensor as stored, (rows, columns)."""
    rows = np.arange(window.top, window.bottom, dtype=np.int64)[:, None]
    columns = np.arange(window.left, window.right, dtype=np.int64)[None, :]
    return columns * shape[0] + rows if turned else rows * shape[1] + columns


def _values(
    bench: Bench, name: str, flat: NDArray[np.int64], wanted: Wanted
) -> dict[str, str | int]:
    """Delta and saliency of each donor, and who wants what, at some positions of a tensor."""
    shape = bench.base.tensors[name].shape or (1,)
    each, low, high = math.prod(shape[1:]), int(flat.min()), int(flat.max()) + 1
    pieces = [b for b in blocks(shape) if b.start * each < high and b.stop * each > low]
    first = pieces[0].start * each

    def work(rows: slice) -> list[tuple[torch.Tensor, torch.Tensor]]:
        found = []
        for donor, ranking in zip(bench.donors, bench.plan.rankings, strict=True):
            delta = _delta(bench, donor, name, rows)
            saliency = ranking.saliency_of(name, delta, rows).float()
            found.append((delta.reshape(-1), saliency.reshape(-1)))
        return found

    with workers() as pool:  # many small blocks: threads of their own, each with one of torch
        parts = list(pool.map(work, pieces))
    both = [[torch.cat(side).numpy()[flat - first] for side in zip(*own, strict=True)]
            for own in zip(*parts, strict=True)]  # fmt: skip
    deltas, saliencies = zip(*both, strict=True)
    return {
        "delta": _packed(np.stack(deltas).astype(np.float32)),
        "saliency": _packed(np.stack(saliencies).astype(np.float32)),
        "codes": _packed(wanted.codes[flat]),
        "code_bytes": wanted.codes.itemsize,
    }


def _delta(bench: Bench, donor: Any, name: str, rows: slice) -> torch.Tensor:
    """Some rows of a donor's delta, zeros where it can't differ from the base."""
    scalar = not bench.base.tensors[name].shape
    stored = bench.base.read(name) if scalar else bench.base.read(name, rows)
    delta: torch.Tensor | None = donor.delta(name, *((stored,) if scalar else (stored, rows)))
    made = torch.zeros(stored.shape) if delta is None else delta.float()
    return made.reshape(made.shape or (1,))
