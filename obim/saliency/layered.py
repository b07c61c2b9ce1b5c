"""The same statistics as `activations`, with the weights of one decoder layer in memory at a time.

Every batch passes through a layer before the next layer's weights are read, so each weight is read
once (those outside the layers twice), however many batches there are. Hidden states wait in memory
between two layers: 4 bytes x tokens x width.

What a layer is called with beside hidden states (mask, positions) differs between architectures;
the model's own forward says it, run once a batch with layers that only note their arguments, and
run again at the end with layers that return what came out of the last one.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from obim.errors import ModelError
from obim.models.layers import LayeredModel, Read, not_by_layer
from obim.saliency.activations import (
    assemble,
    count_tokens,
    hooked,
    plan,
    refuse_overflow,
    run_batch,
    widen,
    without_head,
)
from obim.saliency.calibration import Batch
from obim.saliency.collectors import Window
from obim.types import InputStats


def collect_by_layer(
    layered: LayeredModel, read: Read, batches: Sequence[Batch]
) -> Generator[float, None, InputStats]:
    """See `collect_input_stats`, which gives the same.

    Args:
        layered: the base's modules without weights.
        read: the donor's weights, W0 + D.
        batches: calibration tokens, right-padded.

    Yields:
        Fraction done, after every batch in every layer; closing the generator frees all.

    Raises:
        CalibrationError: there is no token, or the donor's activations aren't finite numbers.
        ModelError: layers of this architecture can't be run one after the other.
    """
    window = Window()
    collectors = plan(layered.bindings, window)
    journeys = [_Journey.of(layered, batch) for batch in batches]
    total, done = count_tokens(batches), 0
    with without_head(layered.model):
        with layered.holding(None, read):
            for journey in journeys:
                journey.depart(layered)
                yield 0.0
        with hooked(layered.model, collectors):
            for part in (*range(len(layered.layers)), None):
                prefix = "" if part is None else layered.prefixes[part]
                mine = [c for name, c in collectors.items() if name.startswith(prefix)]
                with layered.holding(part, read):
                    for journey in journeys:
                        window.mask = journey.mask.bool()
                        journey.go_through(layered, part)
                        refuse_overflow(mine)
                        done += int(journey.mask.sum())
                        yield done / (total * (len(layered.layers) + 1))
    return assemble(layered.bindings, collectors, total, sum(batch.texts for batch in batches))


@dataclass
class _Journey:
    """One batch on its way through the layers.

    Attributes:
        ids: (rows, length).
        mask: (rows, length).
        hidden: (rows, length, width), what the next layer is given.
        calls: what else each layer is given.
        wrapped: layers return a tuple that begins with the hidden states.
    """

    ids: Tensor
    mask: Tensor
    hidden: Tensor = field(default_factory=lambda: torch.empty(0))
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    wrapped: bool = False

    @staticmethod
    def of(layered: LayeredModel, batch: Batch) -> "_Journey":
        """A batch, on the device of the layers."""
        ids, mask = batch.ids.to(layered.device), batch.mask.to(layered.device)
        return _Journey(*widen(layered.model, ids, mask))

    def depart(self, layered: LayeredModel) -> None:
        """Embed, and note what each layer is called with.

        Raises:
            ModelError: a layer isn't given what the one before it returned, and no more.
        """
        for self.wrapped in (False, True):
            try:
                self._note(layered)
                return
            except (ModelError, TypeError, ValueError, AttributeError, IndexError) as error:
                problem = error
        raise not_by_layer(layered.model) from problem

    def _note(self, layered: LayeredModel) -> None:
        self.calls = []

        def note(layer: int, *args: Any, **kwargs: Any) -> Any:
            hidden = args[0] if args else kwargs.pop("hidden_states", None)
            follows = layer == 0 or hidden is self.hidden
            if layer != len(self.calls) or not follows or not isinstance(hidden, Tensor):
                raise not_by_layer(layered.model)
            self.hidden = hidden
            self.calls.append((args[1:], kwargs))
            return self._output()

        with _acting(layered.layers, note):
            run_batch(layered.model, self.ids, self.mask)
        if len(self.calls) != len(layered.layers):
            raise not_by_layer(layered.model)
        self.hidden = self.hidden.clone()

    def go_through(self, layered: LayeredModel, layer: int | None) -> None:
        """Pass one layer, or (None) all that stands outside them, to the end."""
        if layer is None:
            with _acting(layered.layers, lambda *args, **kwargs: self._output()):
                run_batch(layered.model, self.ids, self.mask)
            return
        args, kwargs = self.calls[layer]
        with torch.no_grad():
            output = layered.layers[layer](self.hidden, *args, **kwargs)
        hidden = output[0] if self.wrapped else output
        if not isinstance(hidden, Tensor) or hidden.shape != self.hidden.shape:
            raise not_by_layer(layered.model)
        self.hidden.copy_(hidden)  # in place: memory stays in one piece

    def _output(self) -> Any:
        return (self.hidden,) if self.wrapped else self.hidden


@contextmanager
def _acting(layers: Sequence[nn.Module], act: Callable[..., Any]) -> Iterator[None]:
    """``act(index, ...)`` runs in place of every layer."""
    stages: list[Any] = list(layers)
    for i, layer in enumerate(stages):
        layer.forward = partial(act, i)
    try:
        yield
    finally:
        for layer in stages:
            del layer.forward
