"""A tiny network near a minimum, in float64, and its exact Hessian's diagonal by brute force."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from obim.models.binding import Binding, bind, load_model
from obim.models.checkpoint import open_checkpoint
from obim.saliency.calibration import Batch
from tests.saliency.test_activations import padded
from tests.tiny import save_tiny

_AT_ONCE = 256


@dataclass(frozen=True)
class Truth:
    """What is known of the network.

    Attributes:
        exact: file tensor -> d^2 L / dW^2, float64, L the mean token loss over ``batches``.
        spread: file tensor -> standard deviation of one probe ``v * Hv`` about it.
    """

    model: Any
    bindings: dict[str, Binding]
    batches: list[Batch]
    exact: dict[str, Tensor]
    spread: dict[str, Tensor]


def mean_loss(model: Any, batches: list[Batch]) -> Tensor:
    """The mean token loss; that padding does not count is tested elsewhere."""
    losses = []
    for ids, mask, *_ in batches:
        logits = model(input_ids=ids, attention_mask=mask).logits
        for scores, row, keep in zip(logits, ids, mask.sum(1).tolist(), strict=True):
            losses += [functional.cross_entropy(scores[: keep - 1], row[1:keep], reduction="none")]
    return torch.cat(losses).mean()


def make_truth(path: Path, steps: int) -> Truth:
    """Train a tied one-layer model of 3,500 weights for some steps, and differentiate it twice.

    transformers' norms compute in float32 whatever the weights are: seven digits are exact.

    The variance of ``v_i (Hv)_i`` over random signs is ``sum over j != i of H_ij^2``.
    """
    save_tiny(path, "llama", tied=True, layers=1)
    model = load_model(path, torch.float64)
    bindings, batches = bind(model, open_checkpoint(path)), padded()
    weights = list(dict(model.named_parameters()).values())
    model.requires_grad_(True)
    optimizer = torch.optim.Adam(weights, lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        mean_loss(model, batches).backward()
        optimizer.step()
    model.set_attn_implementation("eager")
    gradients = torch.autograd.grad(mean_loss(model, batches), weights, create_graph=True)
    flat = torch.cat([g.reshape(-1) for g in gradients])
    rows = []
    for start in range(0, len(flat), _AT_ONCE):
        ones = torch.eye(len(flat), dtype=torch.float64)[start : start + _AT_ONCE]
        parts = torch.autograd.grad(flat, weights, ones, is_grads_batched=True, retain_graph=True)
        rows.append(torch.cat([part.reshape(len(ones), -1) for part in parts], 1))
    hessian = torch.cat(rows)
    assert float((hessian - hessian.T).abs().max()) < 1e-5 * float(hessian.abs().max())
    model.requires_grad_(False).set_attn_implementation("sdpa")
    diagonal = hessian.diagonal()
    spread = (hessian.square().sum(1) - diagonal.square()).clamp(min=0).sqrt()
    sizes = [w.numel() for w in weights]
    names = [name for name, _ in model.named_parameters()]

    def cut(whole: Tensor) -> dict[str, Tensor]:
        pieces = zip(names, weights, whole.split(sizes), strict=True)
        return {name: piece.reshape(w.shape) for name, w, piece in pieces}

    return Truth(model, bindings, batches, cut(diagonal), cut(spread))
