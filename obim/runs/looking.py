"""Reads: short looks between two blocks of a job. They change no run and no weight for good."""

import base64
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from obim.errors import RunError
from obim.evaluation.generate import write_answers
from obim.merging.plan import require_turns, row_axis
from obim.runs.bench import BASE, Bench
from obim.runs.calibrating import prepare, top_share
from obim.runs.desk import Quiet
from obim.runs.jobs import Cell, Chat
from obim.runs.showing import shown
from obim.runs.switches import check_switches, is_of_turn, switches_of

_BINS = 40
_SIZES = (8, 512)
_NEW_TOKENS = 512
_PROMPT_LIMIT = 20_000


def read_cell(bench: Bench, request: Cell) -> dict[str, Any]:
    """One tensor of one donor from close by.

    Returns:
        ``shape``: (rows, columns) of the whole picture, a Conv1D turned so that a row is an
        output; ``grid``: base64 of ``rows`` x ``cols`` bytes, row-major, byte b stands for
        ``vmax * (b / 255)^2``; ``aggregate``: ``none``, or ``mean`` where a byte is the mean of
        several positions; ``vmax``; ``histogram``: counts of log10 saliency between edges (positive
        values only); ``zeros``: positions of saliency 0; ``top10_share``; ``measured``: False where
        the tensor has no statistics and D^2 / 2 is shown instead.

    Raises:
        RunError: no such donor or tensor.
        RecipeError: the run's method has no turns.
    """
    saliency, measured = _saliency(bench, request)
    flat = saliency.reshape(1, -1) if saliency.ndim < 2 else saliency.flatten(0, -2)
    grid, aggregate = shrink(flat.float(), request.size)
    vmax = float(grid.max())
    scaled = (grid / vmax).sqrt() * 255 if vmax > 0 else torch.zeros_like(grid)
    edges, counts, zeros = histogram(saliency)
    return {
        "tensor": request.tensor,
        "donor": request.donor,
        "shape": list(flat.shape),
        "rows": grid.shape[0],
        "cols": grid.shape[1],
        "grid": base64.b64encode(scaled.round().to(torch.uint8).numpy().tobytes()).decode(),
        "curve": "sqrt",
        "aggregate": aggregate,
        "vmax": vmax,
        "histogram": {"edges": edges, "counts": counts},
        "zeros": zeros,
        "top10_share": top_share(saliency),
        "measured": measured,
    }


def _saliency(bench: Bench, request: Cell) -> tuple[Tensor, bool]:
    """Saliency with an output a row, and whether statistics were there if needed."""
    require_turns(bench.spec)  # other methods rank nothing
    if not 0 <= request.donor < len(bench.spec.donors):
        raise RunError("There is no donor number {donor} in this run.", donor=request.donor)
    if request.tensor not in bench.floating():
        raise RunError(
            "There is no tensor {tensor!r} of weights; choose another.", tensor=request.tensor
        )
    if not _SIZES[0] <= request.size <= _SIZES[1]:
        raise RunError(
            "The picture's size has to be {least} to {most}.", least=_SIZES[0], most=_SIZES[1]
        )
    delta = bench.donors[request.donor].delta(request.tensor)
    if delta is None:
        delta = torch.zeros(bench.base.tensors[request.tensor].shape)
    saliency, measured = bench.plan.rankings[request.donor].saliency(request.tensor, delta)
    turned = row_axis(bench.base.config, request.tensor) == 1
    return saliency.T if turned else saliency, measured


def shrink(values: Tensor, size: int) -> tuple[Tensor, str]:
    """As a picture of at most size x size: (rows, cols), and ``mean`` or ``none``."""
    rows, cols = min(size, values.shape[0]), min(size, values.shape[1])
    if (rows, cols) == tuple(values.shape):
        return values, "none"
    return adaptive_avg_pool2d(values[None], (rows, cols))[0], "mean"


def histogram(values: Tensor) -> tuple[list[float], list[int], int]:
    """Edges of log10 values, counts between them, and how many values are 0."""
    flat: NDArray[np.float32] = values.reshape(-1).float().numpy()
    positive = flat[flat > 0]
    zeros = int(flat.size - positive.size)
    if positive.size == 0:
        return [0.0, 1.0], [0], zeros
    logs = np.log10(positive, out=positive)
    low, high = float(logs.min()), float(logs.max())
    high = high if high > low else low + 1.0
    counts, edges = np.histogram(logs, bins=_BINS, range=(low, high))
    return [float(e) for e in edges], [int(c) for c in counts], zeros


def read_chat(bench: Bench, request: Chat, may_prepare: bool = True) -> dict[str, Any]:
    """Greedy answer of one model to one prompt, whole; the live model is put back afterwards.

    Returns:
        ``model``, ``text``, and ``stopped``: the answer has as many tokens as it may, so that it
        was cut unless it happens to end just there.

    Raises:
        RunError: no such model, nothing merged yet, or a prompt that is empty or too long.
    """
    donors = [donor.name for donor in bench.spec.donors]
    if request.model not in (BASE, *donors) and not is_of_turn(request.model):
        raise RunError(
            "There is no model called {model!r} to talk to; choose another.", model=request.model
        )
    if not request.prompt.strip() or len(request.prompt) > _PROMPT_LIMIT:
        raise RunError(
            "A prompt has 1 to {most} characters; write or shorten it.", most=_PROMPT_LIMIT
        )
    if not 1 <= request.max_new_tokens <= _NEW_TOKENS:
        raise RunError("The answer's length has to be 1 to {most} tokens.", most=_NEW_TOKENS)
    check_switches(switches_of(request.model), donors)
    if is_of_turn(request.model) and bench.merge is None:
        if not may_prepare:
            raise RunError("The merge isn't ready yet; ask again when the job is done.")
        prepare(bench, Quiet())
    written: list[float] = []
    with shown(bench, request.model):
        texts = write_answers(
            bench.live.model,
            bench.tokenizer,
            [request.prompt],
            request.max_new_tokens,
            written.append,
        )
    return {"model": request.model, "text": texts[0], "stopped": written[-1:] == [1.0]}
