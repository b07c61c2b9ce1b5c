"""What each kind of module adds up while a model runs: sums of squared inputs, and counts.

A collector sees one module. It knows neither files nor which tensors its sums end up with.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D


class NotUnderstood(Exception):
    """A module works in a way whose inputs can't be told; the text is the reason."""


class Window:
    """The mask of the batch in hand, shared by all collectors."""

    def __init__(self) -> None:
        self.mask = torch.zeros((0, 0), dtype=torch.bool)

    def rows(self, x: Tensor) -> Tensor:
        """Inputs of real tokens, (tokens, ..., width); padding is left out.

        Args:
            x: (rows, length, ..., width), (rows x length, width), or with heads before tokens,
                (rows, heads, length, width); heads and length must differ then.

        Raises:
            NotUnderstood: ``x`` isn't one row a token.
        """
        if x.ndim == 4 and x.shape[1] == x.shape[2]:
            raise NotUnderstood("heads and tokens of its input can't be told apart")
        if x.ndim == 4 and (x.shape[0], x.shape[2]) == self.mask.shape:
            return x.transpose(1, 2)[self.mask]
        if x.ndim >= 3 and x.shape[:2] == self.mask.shape:
            return x[self.mask]
        if x.ndim == 2 and x.shape[0] == self.mask.numel():
            return x[self.mask.reshape(-1)]
        raise NotUnderstood("its input isn't one row a token")


class Collector:
    """Adds up over one module; ``sums`` holds a float64 vector a key, on the CPU.

    Attributes:
        sums: what was added up.
        problem: why the module can't be measured; None while all is well.
        calls: how often the module ran.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.sums: dict[str, Tensor] = {}
        self.problem: str | None = None
        self.calls = 0

    @torch.no_grad()
    def hook(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """A forward hook for ``register_forward_hook(..., with_kwargs=True)``."""
        if self.problem is not None:
            return
        inputs = [v for v in (*args, *kwargs.values()) if isinstance(v, Tensor)]
        try:
            if not inputs:
                raise NotUnderstood("it has no tensor as input")
            self.add(module, inputs, output[0] if isinstance(output, tuple) else output)
        except NotUnderstood as reason:
            self.problem = str(reason)
        self.calls += 1

    def add(self, module: Any, inputs: list[Tensor], output: Tensor) -> None:
        """Add one call of ``module`` up."""
        raise NotImplementedError

    def accumulate(self, key: str, value: Tensor) -> None:
        """Add ``value`` to the sum called ``key``, in float64 on the CPU."""
        value = value.cpu().double()
        self.sums[key] = self.sums[key] + value if key in self.sums else value


def square_sum(x: Tensor) -> Tensor:
    """``sum of x^2`` over all axes but the last, float64 (float32 on MPS, which has none)."""
    wide = torch.float64 if x.device.type in ("cpu", "cuda") else torch.float32
    return x.float().square().reshape(-1, x.shape[-1]).sum(0, dtype=wide)


def _differs(expected: Tensor, output: Tensor) -> bool:
    loose = output.dtype != torch.float32
    bound = 5e-2 if loose else 1e-3
    return expected.shape != output.shape or not torch.allclose(
        expected.float(), output.float(), rtol=bound, atol=bound
    )


class LinearCollector(Collector):
    """``sum of x_j^2`` of a linear map; a router counts as one where it computes ``W x``."""

    def add(self, module: Any, inputs: list[Tensor], output: Tensor) -> None:
        """See ``Collector.add``."""
        x = inputs[0]
        if self.calls == 0 and not isinstance(module, (nn.Linear, Conv1D)):
            bias = getattr(module, "bias", None)
            flat = x.reshape(-1, x.shape[-1])
            if module.weight.shape[-1] != x.shape[-1]:
                raise NotUnderstood("it isn't a linear map of its input")
            if _differs(
                functional.linear(flat, module.weight, bias), output.reshape(len(flat), -1)
            ):
                raise NotUnderstood("it isn't a linear map of its input")
        self.accumulate("input", square_sum(self.window.rows(x)))


class EmbeddingCollector(Collector):
    """How often each row of an embedding is used."""

    def add(self, module: Any, inputs: list[Tensor], output: Tensor) -> None:
        """See ``Collector.add``."""
        ids, mask = inputs[0], self.window.mask
        if ids.ndim == 2 and ids.shape[0] == 1:
            ids = ids.expand(mask.shape[0], -1)
        if ids.shape != mask.shape:
            raise NotUnderstood("its input isn't one index a token")
        counts = torch.bincount(ids[mask], minlength=module.weight.shape[0])
        scale = float(getattr(module, "embed_scale", 1.0))
        self.accumulate("rows", counts.cpu().double() * scale**2)


class NormCollector(Collector):
    """``sum of x_hat_j^2`` of a norm ``y = w x_hat (+ b)`` or ``y = (1 + w) x_hat``.

    ``x_hat`` is the input over its root mean square, or over its standard deviation and centred;
    which of the two is found by computing the module's first output again.
    """

    centred = False

    def add(self, module: Any, inputs: list[Tensor], output: Tensor) -> None:
        """See ``Collector.add``."""
        x = inputs[0].float()
        if module.weight.shape[0] != x.shape[-1]:
            raise NotUnderstood("it isn't a norm of its input's last axis")
        if self.calls == 0:
            fits = [c for c in (False, True) if _explains(module, _normalise(module, x, c), output)]
            if not fits:
                raise NotUnderstood("it normalises in a way that isn't understood")
            self.centred = fits[0]
        self.accumulate("input", square_sum(self.window.rows(_normalise(module, x, self.centred))))


def _normalise(module: Any, x: Tensor, centred: bool) -> Tensor:
    eps = getattr(module, "variance_epsilon", getattr(module, "eps", None))
    eps = float(torch.finfo(torch.float32).eps if eps is None else eps)
    if centred:
        return functional.layer_norm(x, x.shape[-1:], None, None, eps)
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)


def _explains(module: Any, normal: Tensor, output: Tensor) -> bool:
    weight = module.weight.float()
    bias = getattr(module, "bias", None)
    shift = 0.0 if bias is None else bias.float()
    return any(not _differs(normal * w + shift, output) for w in (weight, 1.0 + weight))


class ExpertsCollector(Collector):
    """``sum of x_j^2`` an expert over the tokens routed to it: (experts, width)."""

    def add(self, module: Any, inputs: list[Tensor], output: Tensor) -> None:
        """See ``Collector.add``; the inner activations are computed again from the inputs."""
        if len(inputs) != 3 or not hasattr(module, "gate_up_proj"):
            raise NotUnderstood("its experts are built in a way that isn't understood")
        if getattr(module, "is_transposed", False) or getattr(module, "has_bias", False):
            raise NotUnderstood("its experts are built in a way that isn't understood")
        x, index, weight = inputs
        x = x.reshape(-1, x.shape[-1])
        mask = self.window.mask.reshape(-1)
        if len(x) != len(mask) or len(index) != len(mask):
            raise NotUnderstood("its input isn't one row a token")
        outside, inside, expected = [], [], torch.zeros_like(x)
        for expert in range(module.gate_up_proj.shape[0]):
            token, slot = torch.where(index == expert)
            inner = module._apply_gate(functional.linear(x[token], module.gate_up_proj[expert]))
            outside.append(square_sum(x[token][mask[token]]))
            inside.append(square_sum(inner[mask[token]]))
            if self.calls == 0:
                y = functional.linear(inner, module.down_proj[expert]) * weight[token, slot, None]
                expected.index_add_(0, token, y.to(expected.dtype))
        if self.calls == 0 and _differs(expected, output.reshape(expected.shape)):
            raise NotUnderstood("its experts compute in a way that isn't understood")
        self.accumulate("gate_up_proj", torch.stack(outside))
        self.accumulate("down_proj", torch.stack(inside))
