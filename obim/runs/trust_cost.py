"""How long holding estimates against the truth will take, from what the machine took before.

It measures nothing: where no pace is known, it says so.
"""

from obim.registry import entries
from obim.runs.state import RunState
from obim.runs.trust_jobs import Converge, Trust
from obim.types import MergeSpec


def token_seconds(state: RunState, estimator: str = "") -> float | None:
    """Seconds of reading one calibration token.

    Args:
        state: of the run.
        estimator: that is measured for; empty: only the loss.

    Returns:
        What it took before in this run; else that of another estimator or of multiplying matrices,
        in proportion to the passes; None where nothing is known.
    """
    wanted = _passes(estimator)
    costs = [cost for cost in state.trust.costs if cost.tokens and cost.seconds]
    own = next((cost for cost in costs if cost.estimator == estimator), None)
    for cost in (own, *costs):
        if cost is not None:
            return cost.seconds / cost.tokens / _passes(cost.estimator) * wanted
    pace = state.needs.token if state.needs is not None else None
    return None if pace is None else pace * wanted


def tokens_of(state: RunState, donor: int, spec: MergeSpec | None = None) -> int:
    """Calibration tokens of a donor: those that were counted, else the most that are read."""
    spec = spec or state.spec
    most, now, then = spec.calibration_tokens, spec.donors[donor], state.spec.donors[donor]
    if donor < len(state.saliency) and now.calibration == then.calibration:
        counted = state.saliency[donor].tokens
        if counted and (most >= state.spec.calibration_tokens or counted <= most):
            return min(counted, most)
    return most


def measuring_seconds(state: RunState, spec: MergeSpec) -> float | None:
    """Seconds that the statistics of all donors take with these settings; 0: without texts."""
    if not _passes(spec.estimator):
        return 0.0
    pace = token_seconds(state, spec.estimator)
    if pace is None:
        return None
    return pace * sum(tokens_of(state, k, spec) for k in range(len(spec.donors)))


def trust_seconds(state: RunState, job: Trust) -> float | None:
    """Seconds of a Trust job, of what isn't known yet; None where no pace is known."""
    pace = token_seconds(state)
    if pace is None:
        return None
    every, name = tokens_of(state, job.donor), state.spec.donors[job.donor].name
    layers = len(job.layers) or (state.cards[0].layers if state.cards else 1)
    total = pace * min(every, job.tokens) * (1 + (job.bands + 1) * layers * len(job.estimators))
    for estimator in job.estimators:
        if _passes(estimator) and (name, estimator) not in state.trust.measured:
            total += (token_seconds(state, estimator) or 0.0) * every
    return total


def converge_seconds(state: RunState, job: Converge) -> float | None:
    """Seconds of a Converge job at most, if all texts that were read before are read again."""
    pace = token_seconds(state, job.estimator)
    return None if pace is None else pace * tokens_of(state, job.donor)


def _passes(estimator: str) -> float:
    """How much longer than a pass forward; 1 for the loss alone."""
    if not estimator:
        return 1.0
    return next((entry.passes for entry in entries("estimator") if entry.name == estimator), 1.0)
