"""Which passes measure what an estimator needs of a live model."""

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any

from transformers import PreTrainedModel

from obim.models.binding import Binding
from obim.registry import Entry
from obim.saliency.activations import collect_input_stats
from obim.saliency.calibration import Batch
from obim.saliency.diagonals import collect_hessian_diagonals, collect_squared_gradients
from obim.saliency.gradients import collect_gradient_stats
from obim.types import InputStats


def collect_for(
    estimator: Entry,
    model: PreTrainedModel,
    bindings: Mapping[str, Binding],
    batches: Sequence[Batch],
    seed: int,
    *,
    clamp: bool = True,
) -> Generator[float, None, InputStats]:
    """Measure what a registered estimator needs; its fact ``statistics`` says what.

    Args:
        estimator: registered, with ``needs_statistics``.
        model: the donor, live, in float32.
        bindings: of the same model.
        batches: calibration tokens, right-padded.
        seed: of what is drawn at random.
        clamp: False keeps estimates below 0, see `collect_hessian_diagonals`.

    Yields:
        Fraction done.

    Raises:
        CalibrationError: the texts or the donor won't do.
    """
    passes: dict[str, Any] = {
        "inputs": collect_input_stats,
        "kfac": collect_gradient_stats,
        "fisher": collect_squared_gradients,
        "hutchinson": partial(collect_hessian_diagonals, seed=seed, clamp=clamp),
    }
    collect = passes[str(estimator.facts.get("statistics", "inputs"))]
    found: Generator[float, None, InputStats] = collect(model, bindings, batches)
    return found
