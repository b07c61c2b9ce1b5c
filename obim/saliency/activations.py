"""Forward passes over calibration batches -> the curvature of every file tensor.

Hooks sit on modules, results belong to file tensors; the bindings connect the two. It chooses no
texts, and it changes no weight.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from obim.errors import CalibrationError
from obim.models.binding import Binding
from obim.saliency.calibration import Batch
from obim.saliency.collectors import (
    Collector,
    EmbeddingCollector,
    ExpertsCollector,
    LinearCollector,
    NormCollector,
    Window,
)
from obim.saliency.losses import require_finite
from obim.types import InputStats, TensorStats

_COLLECTORS: dict[str, Callable[[Window], Collector]] = {
    "linear": LinearCollector,
    "conv1d": LinearCollector,
    "embedding": EmbeddingCollector,
    "tied": EmbeddingCollector,
    "norm": NormCollector,
    "expert": ExpertsCollector,
}


def collect_input_stats(
    model: PreTrainedModel, bindings: Mapping[str, Binding], batches: Sequence[Batch]
) -> Generator[float, None, InputStats]:
    """Measure ``E_token[x_j^2]`` where each file tensor is used.

    ``E[x_j^2] = (sum over real tokens of x_j^2) / (number of real tokens)``, padding left out; an
    expert's sum runs over the tokens routed to it, its divisor is all tokens. Batches are added up
    in float64.

    Args:
        model: the donor, live, on any device; float32 measures best.
        bindings: of the same model.
        batches: calibration tokens, right-padded.

    Yields:
        Fraction done, after every batch; closing the generator removes all hooks.

    Returns:
        The statistics, on the CPU; what can't be measured is in ``missing`` with the reason.

    Raises:
        CalibrationError: there is no token, or the donor's activations aren't finite numbers.
    """
    window = Window()
    collectors = plan(bindings, window)
    total, done = count_tokens(batches), 0
    with hooked(model, collectors), without_head(model):
        for batch in batches:
            ids, mask = widen(model, batch.ids.to(model.device), batch.mask.to(model.device))
            window.mask = mask.bool()
            run_batch(model, ids, mask)
            refuse_overflow(collectors.values())
            done += int(mask.sum())
            yield done / total
    return assemble(bindings, collectors, total, sum(batch.texts for batch in batches))


def count_tokens(batches: Sequence[Batch]) -> int:
    """Tokens without padding.

    Raises:
        CalibrationError: there is none.
    """
    total = sum(int(batch.mask.sum()) for batch in batches)
    if total == 0:
        raise CalibrationError("The calibration texts hold no token; choose others.")
    return total


def plan(bindings: Mapping[str, Binding], window: Window) -> dict[str, Collector]:
    """Module name -> what adds up there, for every module that has to be measured."""
    collectors: dict[str, Collector] = {}
    for binding in bindings.values():
        build = _COLLECTORS.get(binding.kind)
        if build is not None and binding.module_name not in collectors:
            collectors[binding.module_name] = build(window)
        if binding.head is not None and binding.head not in collectors:
            collectors[binding.head] = LinearCollector(window)
    return collectors


@torch.no_grad()
def run_batch(model: Any, ids: Tensor, mask: Tensor) -> None:
    """One forward pass for the hooks' sake, without gradients or cache."""
    model(input_ids=ids, attention_mask=mask, use_cache=False)


def refuse_overflow(collectors: Iterable[Collector]) -> None:
    """Raise CalibrationError where a sum isn't a finite number."""
    for collector in collectors:
        for value in collector.sums.values():
            require_finite(value)


def widen(model: Any, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Pad once more while length equals a number of heads: the two axes must be told apart."""
    config = model.config.get_text_config()
    heads = {getattr(config, key, 0) for key in ("num_attention_heads", "num_key_value_heads")}
    while ids.shape[1] in heads:
        ids = torch.cat((ids, ids[:, -1:]), 1)
        mask = torch.cat((mask, torch.zeros_like(mask[:, -1:])), 1)
    return ids, mask


@contextmanager
def hooked(model: nn.Module, collectors: Mapping[str, Collector]) -> Iterator[None]:
    """The collectors see their modules run, by name."""
    handles = []
    try:
        for name, collector in collectors.items():
            module = model.get_submodule(name)
            handles.append(module.register_forward_hook(collector.hook, with_kwargs=True))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def without_head(model: Any) -> Iterator[None]:
    """Skip the output head's product: only its input is wanted, and its output is huge."""
    head = model.get_output_embeddings()
    if not isinstance(head, nn.Linear):
        yield
        return
    skipping: Any = head
    skipping.forward = _first_entry
    try:
        yield
    finally:
        del skipping.forward


def _first_entry(x: Tensor) -> Tensor:
    return x[..., :1]


def assemble(
    bindings: Mapping[str, Binding], collectors: Mapping[str, Collector], tokens: int, texts: int
) -> InputStats:
    """What was added up over so many tokens and texts -> the curvature of every file tensor."""
    tensors: dict[str, TensorStats] = {}
    missing: dict[str, str] = {}
    for name, binding in bindings.items():
        names = [n for n in (binding.module_name, binding.head) if n is not None]
        involved = [collectors[n] for n in names if n in collectors]
        problem = _problem(binding, involved)
        if problem is None:
            tensors[name] = _curvature(binding, involved, tokens)
        else:
            missing[name] = problem
    return InputStats(tensors, tokens, texts, missing)


def _problem(binding: Binding, involved: Sequence[Collector]) -> str | None:
    if binding.kind == "bias":
        return None
    if binding.kind == "other":
        return "there is no estimate for this kind of tensor"
    for collector in involved:
        if collector.problem is not None:
            return collector.problem
        if collector.calls == 0:
            return "it was not used on these texts"
    leaf = binding.address.parameter.rpartition(".")[2]
    if binding.kind == "expert" and leaf not in involved[0].sums:
        return "there is no estimate for this kind of tensor"
    return None


def _curvature(binding: Binding, involved: Sequence[Collector], tokens: int) -> TensorStats:
    def mean(collector: Collector, key: str) -> Tensor:
        return (collector.sums[key] / tokens).float()

    if binding.kind == "bias":
        return TensorStats((torch.ones(1),))
    if binding.kind == "tied":
        rows, inputs = mean(involved[0], "rows"), mean(involved[1], "input")
        return TensorStats((rows[:, None], inputs[None, :]))
    if binding.kind == "embedding":
        return TensorStats((mean(involved[0], "rows")[:, None],), lexicographic=True)
    if binding.kind == "norm":
        return TensorStats((mean(involved[0], "input"),))
    if binding.kind == "expert":
        sums = involved[0].sums[binding.address.parameter.rpartition(".")[2]]
        own = sums[:, None, :] if binding.expert is None else sums[binding.expert, None]
        term = (own / tokens).float()  # of its own: a view would keep all experts alive
        return TensorStats((term,), lexicographic=bool((term == 0).any()))
    inputs = mean(involved[0], "input")
    term = inputs[:, None] if binding.kind == "conv1d" else inputs[None, :]
    return TensorStats((term,), lexicographic=bool((term == 0).any()))
