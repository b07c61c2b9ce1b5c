"""The loss that backward passes differentiate: next-token cross-entropy, of answers if there are.

A donor is at a minimum of the loss that it was trained on, which is mostly that of answers. On what
users ask its loss has a slope, and leaving the slope out of the estimate would be wrong there.
Rows go a few at a time, so that memory is bounded by the positions of a pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from obim.errors import CalibrationError
from obim.models.binding import Binding
from obim.saliency.calibration import Batch

POSITIONS = 512
"""Positions of a backward pass at most, padding counted (one row at least)."""


def counted_in(batch: Batch) -> Tensor:
    """Where a token's loss counts: (rows, length)."""
    return batch.mask if batch.answers is None else batch.answers


def few_at_a_time(batches: Sequence[Batch]) -> list[Batch]:
    """The same rows in smaller batches with ``answers``; rows where no loss counts are left out.

    Raises:
        CalibrationError: no row is left.
    """
    parts = []
    for batch in batches:
        answers = counted_in(batch)
        wanted = answers[:, 1:].any(1)
        kept = [x[wanted] for x in (batch.ids, batch.mask, answers)]
        rows = max(1, POSITIONS // max(1, batch.ids.shape[1]))
        for i in range(0, len(kept[0]), rows):
            width = int(kept[1][i : i + rows].sum(1).max())
            ids, mask, counted = (x[i : i + rows, :width] for x in kept)
            parts.append(Batch(ids, mask, 0, counted))
    if not parts:
        raise CalibrationError(
            "The calibration texts hold no token to be predicted; choose longer ones, or ones with "
            "answers that aren't cut off."
        )
    return parts


def one_by_one(batches: Sequence[Batch]) -> list[Batch]:
    """Every row of `few_at_a_time` alone, without padding."""
    alone = []
    for batch in few_at_a_time(batches):
        for ids, mask, counted in zip(batch.ids, batch.mask, counted_in(batch), strict=True):
            real = mask.bool()
            alone.append(Batch(ids[None, real], mask[None, real], 1, counted[None, real]))
    return alone


def count_targets(batches: Sequence[Batch]) -> int:
    """Tokens whose loss counts, of batches that `few_at_a_time` made."""
    return sum(int(counted_in(batch)[:, 1:].sum()) for batch in batches)


def token_losses(model: Any, batch: Batch) -> Tensor:
    """Cross-entropy of every token whose loss counts, in nats: (tokens,).

    Args:
        model: a causal language model, live.
        batch: as `few_at_a_time` made it, or padded further.

    Raises:
        CalibrationError: a loss isn't a finite number.
    """
    ids, mask = batch.ids.to(model.device), batch.mask.to(model.device)
    targets = counted_in(batch).to(model.device)[:, 1:].bool()
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    width = targets.shape[1]
    losses = functional.cross_entropy(
        logits[:, :width][targets], ids[:, 1 : 1 + width][targets], reduction="none"
    )
    require_finite(losses)
    return losses


def require_finite(values: Tensor) -> None:
    """Raise CalibrationError where something isn't a finite number."""
    if not bool(torch.isfinite(values).all()):
        raise CalibrationError(
            "The donor's activations are not finite numbers on these texts, so its weights may be "
            "damaged; leave it out or choose the estimator magnitude."
        )


@contextmanager
def plainly_computed(model: Any, attention: bool) -> Iterator[None]:
    """Experts, and attention where asked for, in plain steps, which can be differentiated twice."""
    before = model.config._attn_implementation, model.config._experts_implementation
    try:
        if attention:
            model.set_attn_implementation("eager")
        model.set_experts_implementation("eager")
        yield
    finally:
        model.set_attn_implementation(before[0])
        model.set_experts_implementation(before[1])


@contextmanager
def differentiable(model: nn.Module, bindings: Mapping[str, Binding]) -> Iterator[dict[str, Any]]:
    """The live parameters that files hold, by name; they take gradients meanwhile."""
    live = dict(model.named_parameters(remove_duplicate=False))
    wanted = {binding.address.parameter for binding in bindings.values()}
    chosen = {
        name: live[name] for name in sorted(wanted & set(live)) if live[name].is_floating_point()
    }
    try:
        for parameter in chosen.values():
            parameter.requires_grad_(True)
        yield chosen
    finally:
        for parameter in chosen.values():
            parameter.grad = None
            parameter.requires_grad_(False)


@torch.no_grad()
def mean_loss(model: Any, batches: Sequence[Batch]) -> float:
    """The mean loss a predicted token over all batches, in nats, added up in float64.

    Raises:
        CalibrationError: there is nothing to predict, or a loss isn't a finite number.
    """
    losses = [token_losses(model, batch).double() for batch in few_at_a_time(batches)]
    return float(torch.cat(losses).mean())
