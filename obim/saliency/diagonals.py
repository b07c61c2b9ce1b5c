"""Backward passes over calibration batches -> a curvature for every entry of every weight.

Sums are one float32 tensor a weight, on the model's device while they grow; the estimators `fisher`
and `hutchinson` use them. It chooses no texts, and it changes no weight.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from obim.models.binding import Binding, take_view
from obim.saliency.calibration import Batch
from obim.saliency.hutchinson import PROBES, probe
from obim.saliency.losses import (
    count_targets,
    differentiable,
    few_at_a_time,
    one_by_one,
    plainly_computed,
    require_finite,
    token_losses,
)
from obim.types import InputStats, TensorStats


def collect_squared_gradients(
    model: PreTrainedModel, bindings: Mapping[str, Binding], batches: Sequence[Batch]
) -> Generator[float, None, InputStats]:
    """Measure ``H = (1/S) sum over sequences of (dL_s/dW)^2``, L_s a sequence's mean token loss.

    A weight's gradient is squared and freed as soon as it is there, so that only one is held.

    Args:
        model: the donor, live, in float32 (or more), on any device.
        bindings: of the same model.
        batches: calibration tokens, right-padded; a row is a sequence.

    Yields:
        Fraction done, after every sequence; closing the generator leaves the model as it was.

    Raises:
        CalibrationError: there is nothing to predict, or a loss isn't a finite number.
    """
    rows = one_by_one(batches)
    with differentiable(model, bindings) as weights, ExitStack() as stack:
        stack.enter_context(plainly_computed(model, attention=False))
        sums = _Sums(weights)
        for weight in {id(w): w for w in weights.values()}.values():
            stack.callback(weight.register_post_accumulate_grad_hook(sums.square).remove)
        for done, row in enumerate(rows, 1):
            torch.autograd.backward(token_losses(model, row).mean())
            yield done / len(rows)
        sums.divide(len(rows))
        return sums.assemble(bindings, batches, {})


def collect_hessian_diagonals(
    model: PreTrainedModel,
    bindings: Mapping[str, Binding],
    batches: Sequence[Batch],
    seed: int,
    probes: int = PROBES,
    *,
    clamp: bool = True,
) -> Generator[float, None, InputStats]:
    """Measure ``H = E[v * Hv]`` of the mean token loss; every batch has probes of its own.

    Probes of one batch tell nothing of another's, so that the spread falls with both numbers.
    Estimates below 0 become 0; ``figures`` says how many of all: ``clamped``, 0..1.

    Args:
        model: the donor, live, in float32 (or more), on any device.
        bindings: of the same model.
        batches: calibration tokens, right-padded.
        seed: of the probes, the same on every device.
        probes: a batch.
        clamp: False leaves estimates below 0 as they are, to be averaged with those of other texts.

    Yields:
        Fraction done, after every probe; closing the generator leaves the model as it was.

    Raises:
        CalibrationError: there is nothing to predict, or a loss isn't a finite number.
    """
    parts = few_at_a_time(batches)
    total = count_targets(parts)
    with differentiable(model, bindings) as weights, plainly_computed(model, attention=True):
        sums = _Sums(weights)
        used = list({id(w): w for w in weights.values()}.values())
        for i, batch in enumerate(parts):
            loss = token_losses(model, batch).sum() / total
            for p in _probing(loss, used, sums, [f"{seed}/{i}/{p}" for p in range(probes)]):
                yield (i * probes + p) / (len(parts) * probes)
        clamped = sums.clamp() if clamp else 0.0
        return sums.assemble(bindings, batches, {"probes": float(probes), "clamped": clamped})


def _probing(
    loss: Tensor, weights: Sequence[Tensor], sums: "_Sums", lots: Sequence[str]
) -> Iterator[int]:
    """Add the mean of ``v * Hv`` over some lots up; after each, how many there were."""
    touched = torch.autograd.grad(loss, weights, create_graph=True, allow_unused=True)
    pairs = zip(weights, touched, strict=True)
    known = [(weight, gradient) for weight, gradient in pairs if gradient is not None]
    used, gradients = [w for w, _ in known], [g for _, g in known]
    for done, lot in enumerate(lots, 1):
        products = probe(gradients, used, _signs(used, lot))
        for weight, product in zip(used, products, strict=True):
            sums.add(weight, product / len(lots))
        yield done


def _signs(weights: Sequence[Tensor], lot: str) -> list[Tensor]:
    """A tensor of -1 and 1 a weight, drawn on the CPU."""
    digest = hashlib.sha256(lot.encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return [
        torch.randint(0, 2, w.shape, generator=generator, dtype=torch.int8).to(w) * 2 - 1
        for w in weights
    ]


class _Sums:
    """What is added up, a tensor a live parameter: float32, or float64 beside such weights."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self._weights = weights
        self._sums: dict[int, Tensor] = {}

    def add(self, weight: Tensor, value: Tensor) -> None:
        if id(weight) in self._sums:
            self._sums[id(weight)] += value.detach()
        else:
            self._sums[id(weight)] = value.detach().clone()

    @torch.no_grad()
    def square(self, weight: Any) -> None:
        self.add(weight, weight.grad.square_())
        weight.grad = None

    def divide(self, count: int) -> None:
        for total in self._sums.values():
            total.div_(count)

    def clamp(self) -> float:
        """Make negative entries 0; their share of all."""
        entries = sum(total.numel() for total in self._sums.values())
        negative = sum(int((total < 0).sum()) for total in self._sums.values())
        for total in self._sums.values():
            total.clamp_(min=0)
        return negative / max(1, entries)

    def assemble(
        self, bindings: Mapping[str, Binding], batches: Sequence[Batch], figures: dict[str, float]
    ) -> InputStats:
        """The sums on the CPU, a file tensor each; several may be pieces of one."""
        for key in self._sums:
            require_finite(self._sums[key])
            self._sums[key] = self._sums[key].float().cpu()
        tensors, missing = {}, {}
        for name, binding in bindings.items():
            weight = self._weights.get(binding.address.parameter)
            total = self._sums.get(id(weight))
            if weight is None:
                missing[name] = "there is no estimate for this kind of tensor"
            elif total is None:
                missing[name] = "it was not used on these texts"
            else:
                term = take_view(total, binding.address)
                tensors[name] = TensorStats((term,), lexicographic=bool((term == 0).any()))
        tokens = sum(int(batch.mask.sum()) for batch in batches)
        return InputStats(tensors, tokens, sum(b.texts for b in batches), missing, figures)
