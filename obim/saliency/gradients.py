"""Forward and backward passes -> what a layer's inputs are, and what its outputs are worth.

The estimator `kfac` uses both, as vectors. Only what modules put out takes gradients, no weight
does, so that memory is that of the model and of the activations of a few rows.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from obim.models.binding import Binding
from obim.saliency.activations import assemble, count_tokens, hooked, plan, refuse_overflow, widen
from obim.saliency.calibration import Batch
from obim.saliency.collectors import NotUnderstood, Window, square_sum
from obim.saliency.losses import (
    counted_in,
    few_at_a_time,
    plainly_computed,
    require_finite,
    token_losses,
)
from obim.types import InputStats, TensorStats


def collect_gradient_stats(
    model: PreTrainedModel, bindings: Mapping[str, Binding], batches: Sequence[Batch]
) -> Generator[float, None, InputStats]:
    """Measure ``E[x_j^2]`` and ``E[g_i^2]``, g = dL/dy, where each file tensor is used.

    L is the sum of a sequence's token losses. ``E[x_j^2]`` is that of `collect_input_stats`;
    ``E[g_i^2]`` is the mean over all times that the weight was applied: the real tokens, an
    expert's routed ones, a head norm's tokens times heads. Padding is left out.

    Args:
        model: the donor, live, in float32 (or more), on any device.
        bindings: of the same model.
        batches: calibration tokens, right-padded.

    Yields:
        Fraction done, after every few rows; closing the generator leaves the model as it was.

    Raises:
        CalibrationError: there is nothing to predict, or activations aren't finite numbers.
    """
    parts, window = few_at_a_time(batches), Window()
    total, done = count_tokens(parts), 0
    collectors = plan(bindings, window)
    receivers = {name: _Receiver(window) for name in _modules(model, bindings)}
    with hooked(model, collectors), ExitStack() as stack:
        stack.enter_context(plainly_computed(model, attention=False))
        for name, receiver in receivers.items():
            module = model.get_submodule(name)
            hook = module.register_forward_hook(receiver.hook, with_kwargs=True)
            stack.callback(hook.remove)
        for batch in parts:
            ids, mask = widen(model, batch.ids.to(model.device), batch.mask.to(model.device))
            window.mask = mask.bool()
            wide = Batch(ids, mask, batch.texts, counted_in(batch))
            torch.autograd.backward(token_losses(model, wide).sum())
            refuse_overflow(collectors.values())
            done += int(mask.sum())
            yield done / total
    found = assemble(bindings, collectors, total, sum(batch.texts for batch in batches))
    return _with_gains(found, bindings, receivers)


def _modules(model: PreTrainedModel, bindings: Mapping[str, Binding]) -> list[str]:
    """Names of the modules whose outputs are looked at, the input embedding's always among them."""
    used = [b for b in bindings.values() if b.kind != "other"]
    names = {name for b in used for name in (b.module_name, b.head) if name is not None}
    first = model.get_input_embeddings()  # gradients begin there, whatever is asked for
    return sorted(names | {name for name, module in model.named_modules() if module is first})


class _Receiver:
    """Adds up the squared gradient of what one module puts out.

    Attributes:
        sums: key ("output", or an expert's parameter) -> float64, on the CPU.
        counts: the same keys -> how often the weight was applied.
        problem: why the gradient can't be told; None while all is well.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, Tensor] = {}
        self.problem: str | None = None

    def hook(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        """A forward hook; an embedding's output starts to take gradients here."""
        inputs = [v for v in (*args, *kwargs.values()) if isinstance(v, Tensor)]
        if isinstance(module, nn.Embedding):
            rows = len(self.window.mask)
            output = output.expand(rows, *output.shape[1:]) if len(output) == 1 else output
            output = output.detach().requires_grad_(True)
        out = output[0] if isinstance(output, tuple) else output
        if not out.requires_grad:
            self.problem = "no gradient reaches it"
        elif len(inputs) == 3 and hasattr(module, "gate_up_proj"):
            out.register_hook(_experts(self, module, inputs))
        else:
            out.register_hook(self._receive)
        return output

    def _receive(self, gradient: Tensor) -> None:
        try:
            rows = self.window.rows(gradient)
        except NotUnderstood as reason:
            self.problem = str(reason)
            return
        count = rows.numel() // max(1, rows.shape[-1])
        self.add("output", square_sum(rows), torch.tensor(count))

    def add(self, key: str, value: Tensor, count: Tensor) -> None:
        value, count = value.cpu().double(), count.cpu().double()
        self.sums[key] = self.sums[key] + value if key in self.sums else value
        self.counts[key] = self.counts[key] + count if key in self.counts else count


def _experts(
    receiver: _Receiver, module: Any, inputs: Sequence[Tensor]
) -> Callable[[Tensor], None]:
    """A hook that takes the gradient of stacked experts' output back through each of them.

    ``y = sum over experts of weight * down (act(gate x) * up x)``.
    """
    x, index, weight = (value.detach() for value in inputs)
    x = x.reshape(-1, x.shape[-1])
    mask = receiver.window.mask.reshape(-1)

    def receive(gradient: Tensor) -> None:
        flat = gradient.reshape(-1, gradient.shape[-1])
        inside, outside, counts = [], [], []
        for expert in range(module.gate_up_proj.shape[0]):
            token, slot = torch.where((index == expert) & mask[:, None])
            g = flat[token] * weight[token, slot, None]
            first = functional.linear(x[token], module.gate_up_proj[expert]).requires_grad_(True)
            with torch.enable_grad():
                inner = module._apply_gate(first)
            (back,) = torch.autograd.grad(inner, first, g @ module.down_proj[expert])
            inside.append(square_sum(g))
            outside.append(square_sum(back))
            counts.append(len(token))
        receiver.add("down_proj", torch.stack(inside), torch.tensor(counts)[:, None])
        receiver.add("gate_up_proj", torch.stack(outside), torch.tensor(counts)[:, None])

    return receive


def _with_gains(
    found: InputStats, bindings: Mapping[str, Binding], receivers: Mapping[str, _Receiver]
) -> InputStats:
    """What was found of inputs, with what was received of outputs."""
    tensors, missing = {}, dict(found.missing)
    for name, entry in found.tensors.items():
        binding = bindings[name]
        modules = [n for n in (binding.module_name, binding.head) if n is not None]
        problem = _problem(binding, [receivers[n] for n in modules])
        if problem is not None:
            missing[name] = problem
            continue
        gains = tuple(_gain(binding, n, receivers[n]) for n in modules)
        zero = bool((TensorStats(entry.curvature, gains=gains).diagonal() == 0).any())
        tensors[name] = TensorStats(entry.curvature, zero, gains)
    return InputStats(tensors, found.tokens, found.texts, missing)


def _key(binding: Binding) -> str:
    leaf = binding.address.parameter.rpartition(".")[2]
    return leaf if binding.kind == "expert" else "output"


def _problem(binding: Binding, involved: Sequence[_Receiver]) -> str | None:
    for receiver in involved:
        if receiver.problem is not None:
            return receiver.problem
        if _key(binding) not in receiver.sums:
            return "no gradient reaches it"
    return None


def _gain(binding: Binding, module: str, receiver: _Receiver) -> Tensor:
    """``E[g^2]`` with the axes of the file tensor."""
    key = _key(binding)
    mean = receiver.sums[key] / receiver.counts[key].clamp(min=1)
    require_finite(mean)
    if binding.expert is not None:
        mean = mean[binding.expert]
    part = binding.address.part
    if part is not None:
        mean = mean.chunk(binding.address.parts, dim=-1)[part]
    mean = mean.float().clone()
    if binding.kind in ("norm", "bias"):
        return mean
    by_column = binding.kind in ("conv1d", "embedding", "tied") and module != binding.head
    return mean[None, :] if by_column else mean[..., :, None]
