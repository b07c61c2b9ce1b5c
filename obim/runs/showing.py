"""Put the weights of base, donors, the merge or a baseline into a bench's live model, and back.

It decides no weights of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from torch import Tensor

from obim.errors import RunError
from obim.merging.engine import Off, stream_merge
from obim.registry import find
from obim.runs.bench import BASE, Bench
from obim.runs.statistics_needed import needs_statistics
from obim.runs.switches import MERGED, Switch, donors_off, is_of_turn, label_of, switches_of
from obim.runs.variants import exact, variant


@contextmanager
def shown(bench: Bench, label: str) -> Iterator[None]:
    """Show a model for a while, then what the job in hand had there."""
    before = bench.live.label
    show(bench, label)
    try:
        yield
    finally:
        if isinstance(before, str):
            show(bench, before)
        elif isinstance(before, tuple):
            _show_merged(bench, before[2])


def show(bench: Bench, label: str) -> None:
    """Put the weights of a model into the live one.

    Args:
        label: ``base``, a donor's name, ``merged``, or a label of `obim.runs.switches` or
            `obim.runs.variants`.

    Raises:
        RunError: nothing has that name, or nothing is merged yet.
    """
    if is_of_turn(label):
        _show_merged(bench, switches_of(label))
        return
    label = exact(label, bench.reader.tuned.best())
    if bench.live.label == label:
        return
    if label == BASE:
        bench.live.put(BASE, ())
    elif (index := bench.donor_index(label)) is not None:
        bench.live.put(label, bench.donor_tensors(index, bench.live.dtype))
    else:
        bench.live.put(label, _merge(bench, label))


def _show_merged(bench: Bench, switches: tuple[Switch, ...]) -> None:
    """The merge as it stands; of what is live already, only tensors that differ are written."""
    merge = bench.merge
    if merge is None:
        raise RunError("Nothing is merged yet; take the first turn.")
    now, wanted = bench.live.label, (MERGED, merge.turn, switches)
    if now == wanted:
        return
    off = _off(bench, switches)
    if isinstance(now, tuple):
        bench.live.move(wanted, merge.changed(now[1], None, _off(bench, now[2]), off))
    else:
        bench.live.put(wanted, merge.changed(0, now=off))


def _off(bench: Bench, switches: tuple[Switch, ...]) -> Off:
    donors = [donor.name for donor in bench.spec.donors]
    return partial(donors_off, switches, donors)


def _merge(bench: Bench, label: str) -> Iterator[tuple[str, Tensor]]:
    """A whole merge of the run's donors, none of it kept."""
    spec = variant(bench.spec, label)
    ranked = find("merge_method", spec.method).facts.get("needs_saliency")
    needed = ranked and needs_statistics(spec)
    stats = bench.stats() if needed else [None] * len(bench.donors)
    places = [bench.donor_index(donor.name) or 0 for donor in spec.donors]  # in another order
    donors, own = [bench.donors[i] for i in places], [stats[i] for i in places]
    yield from stream_merge(spec, bench.base, donors, own, device=bench.device)


def undo(bench: Bench, turn: int) -> None:
    """Take the merge in memory, and the live model if it shows it, back to a turn."""
    merge = bench.merge
    if merge is None:
        return
    live = bench.loaded
    if live is not None and isinstance(live.label, tuple):
        _, now, switches = live.label
        off = _off(bench, switches)
        live.move((MERGED, turn, switches), merge.changed(now, turn, off, off))
    merge.back(turn)


def shown_label(bench: Bench) -> str:
    """The label of the model that is shown."""
    label = bench.live.label
    if isinstance(label, tuple):
        return label_of(label[2])
    return str(label or BASE)


def phase_of(bench: Bench) -> str:
    """What the job bar says; the live model is loaded."""
    return "evaluate" if bench.live.device == bench.device else "evaluate_cpu"
