"""What a run shows of trust: estimates held against the truth, how many texts do, what it took.

No algorithm, no weights; it keeps what the journal says.
"""

from collections.abc import Mapping
from typing import Any

from obim.insight.agreement import Agreement, Removal, together
from obim.insight.enough import Size
from obim.types import Frozen


class LayerTrust(Frozen):
    """One layer of a donor.

    Attributes:
        layer: from 0.
        bands: from the lowest predicted saliency to the highest; empty where the donor doesn't
            change the layer, or nothing of it was measured.
        whole: all of them taken out at once; None as before.
        agreement: between the bands.
        left_out: tensors without statistics.
    """

    layer: int
    bands: tuple[Removal, ...] = ()
    whole: Removal | None = None
    agreement: Agreement = Agreement(0, None, None, None)
    left_out: int = 0


class TrustState(Frozen):
    """One donor and one estimator, as far as measured.

    Attributes:
        loss: the donor's own mean loss on the texts, nats a token that counts.
        texts: that each loss was measured on.
        tokens: of those texts.
        counted: of those, the tokens whose loss counts: of answers, where there are any.
        seconds: that taking out and measuring took altogether.
        layers: in their order.
    """

    donor: str
    estimator: str
    loss: float
    texts: int
    tokens: int
    counted: int
    seconds: float
    layers: tuple[LayerTrust, ...]

    @property
    def agreement(self) -> Agreement:
        """Within layers, all together."""
        return together([layer.agreement for layer in self.layers if layer.bands])


class ConvergenceState(Frozen):
    """How much the top-density set of one donor depends on which texts were read.

    Attributes:
        density: of the set.
        layers: that were looked at.
        share: that was asked for.
        curve: after each step, drawn from the texts read by then.
        tokens: of the texts that each step had read.
        there: texts there are.
        seconds: that reading took.
        ended: False where the job was stopped or killed.
    """

    donor: str
    estimator: str
    density: float
    layers: tuple[int, ...]
    share: float
    curve: tuple[Size, ...]
    tokens: tuple[int, ...]
    there: int
    seconds: float
    ended: bool


class CostState(Frozen):
    """What reading texts took.

    Attributes:
        estimator: that was measured for; empty: only losses were.
        tokens: read; a token that is read twice counts twice.
    """

    estimator: str
    tokens: int
    seconds: float


class Trusted(Frozen):
    """All that a run knows of trust.

    Attributes:
        estimates: held against the truth, a donor and estimator each.
        sizes: how many texts are enough, a donor and estimator each.
        costs: what reading texts last took, an estimator each.
        measured: (donor, estimator) whose statistics are there.
    """

    estimates: tuple[TrustState, ...] = ()
    sizes: tuple[ConvergenceState, ...] = ()
    costs: tuple[CostState, ...] = ()
    measured: tuple[tuple[str, str], ...] = ()


class TrustBook:
    """What a run's journal says of trust and of time."""

    def __init__(self) -> None:
        self._texts: dict[str, Any] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._trust: dict[tuple[str, str], TrustState] = {}
        self._sizes: dict[tuple[str, str], ConvergenceState] = {}
        self._costs: dict[str, CostState] = {}
        self._took: dict[str, float] = {}
        self._measured: dict[tuple[str, str], None] = {}

    def clear(self) -> None:
        """The models are others now; the pace of the machine is what it was."""
        self._texts.clear()
        self._keys.clear()
        self._trust.clear()
        self._sizes.clear()
        self._took.clear()
        self._measured.clear()

    def note(self, event: dict[str, Any]) -> None:
        """Take in an event of kind ``trust``, ``converge`` or ``cost``."""
        note = {"trust": self._note_layer, "converge": self._note_size, "cost": self._note_cost}
        note[event["event"]](event)

    def renew(self, donor: str, texts: Any) -> None:
        """Drop what was measured of a donor on other calibration texts than these.

        Args:
            donor: its name.
            texts: their state, from `texts_state`; None: an event of before, which doesn't tell;
                what such events told counts as measured on others.
        """
        if texts is None or texts == self._texts.get(donor):
            return
        self._texts[donor] = texts
        for known in (self._keys, self._trust, self._sizes, self._measured):
            for own in [own for own in known if own[0] == donor]:
                del known[own]

    def renew_all(self, texts: Mapping[str, Any]) -> None:
        """The same of several donors by name."""
        for donor, state in texts.items():
            self.renew(donor, state)

    def _note_layer(self, event: dict[str, Any]) -> None:
        """One layer; with another key it begins anew."""
        self.renew(event["donor"], event.get("texts"))
        own = (event["donor"], event["estimator"])
        if self._keys.get(own) != event["key"]:
            self._trust.pop(own, None)
        self._keys[own] = event["key"]
        layer = LayerTrust(**event["found"])
        before = self._trust[own].layers if own in self._trust else ()
        layers = [kept for kept in before if kept.layer != layer.layer]
        spent = self._trust[own].seconds if own in self._trust else 0.0
        self._trust[own] = TrustState(
            donor=own[0],
            estimator=own[1],
            layers=tuple(sorted([*layers, layer], key=lambda one: one.layer)),
            seconds=spent + event["seconds"],
            **event["measured"],
        )
        if event["read"]:
            self._costs[""] = CostState(
                estimator="", tokens=event["read"], seconds=event["seconds"]
            )

    def _note_size(self, event: dict[str, Any]) -> None:
        """The curve so far."""
        state = ConvergenceState(**event["found"])
        self.renew(state.donor, event.get("texts"))
        self._sizes[state.donor, state.estimator] = state

    def _note_cost(self, event: dict[str, Any]) -> None:
        """A donor's statistics were measured."""
        name, seconds = event["estimator"], event["seconds"]
        self._costs[name] = CostState(estimator=name, tokens=event["tokens"], seconds=seconds)
        if event["donor"]:  # else it was one of other texts, before the run was forked
            self.renew(event["donor"], event.get("texts"))
            self._took[event["key"]] = seconds
            self._measured[event["donor"], name] = None

    def known(self, donor: str, estimator: str, key: str) -> set[int]:
        """Layers that are measured under this key."""
        if self._keys.get((donor, estimator)) != key or (donor, estimator) not in self._trust:
            return set()
        return {layer.layer for layer in self._trust[donor, estimator].layers}

    def took(self, key: str) -> float | None:
        """Seconds that the statistics under this key took."""
        return self._took.get(key)

    def state(self) -> Trusted:
        """What a `RunState` shows."""
        return Trusted(
            estimates=tuple(self._trust.values()),
            sizes=tuple(self._sizes.values()),
            costs=tuple(self._costs.values()),
            measured=tuple(self._measured),
        )
