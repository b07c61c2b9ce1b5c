"""Donors switched off in a merge that stands: which, where, and the label of what is left.

Switching off puts the base back at a donor's positions. It is not the merge that OBIM would have
built without that donor: later turns would have had more room. No weights here.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from obim.errors import RunError
from obim.runs.naming import layer_of, part_of
from obim.types import Frozen

if TYPE_CHECKING:
    from obim.runs.state import RunState

MERGED = "merged"
_OFF, _PAST = f"{MERGED}@", f"{MERGED}:"


class Switch(Frozen):
    """One donor off, everywhere or in some tensors.

    Attributes:
        donor: its name.
        first: layer from 0 that it is off from; None: in the whole model, also outside the layers.
        last: layer that it is off to, which counts; None with ``first``.
        modules: kinds of modules (`obim.runs.naming.part_of`) that it is off in; none: in all.
    """

    donor: str
    first: int | None = None
    last: int | None = None
    modules: tuple[str, ...] = ()

    def covers(self, layer: int | None, module: str) -> bool:
        """Whether the donor is off in a tensor of this layer and kind."""
        if self.modules and module not in self.modules:
            return False
        if self.first is None or self.last is None:
            return True
        return layer is not None and self.first <= layer <= self.last

    @property
    def is_whole(self) -> bool:
        """The donor is off everywhere."""
        return not self.modules and self.first is None


def past_label(turn: int) -> str:
    """The label of the merge as it was after an earlier turn, beside the one that stands."""
    return f"{_PAST}{turn}"


def past_turn(label: str) -> int | None:
    """The turn of a label of `past_label`; None: it is another's."""
    turn = label.removeprefix(_PAST)
    return int(turn) if label != turn and turn.isdecimal() else None


def label_of(switches: Iterable[Switch]) -> str:
    """The label of the merge with these switches off; the same for the same ones in any order."""
    alike = {s.model_copy(update={"modules": tuple(sorted(set(s.modules)))}) for s in switches}
    if not alike:
        return MERGED
    told = sorted(json.dumps(s.model_dump(exclude_defaults=True), sort_keys=True) for s in alike)
    return f"{_OFF}[{', '.join(told)}]"


def is_of_turn(label: str) -> bool:
    """Whether a label means the merge of the turns, whole or with donors switched off."""
    return label == MERGED or label.startswith(_OFF)


def switches_of(label: str) -> tuple[Switch, ...]:
    """What is switched off in the model of a label; nothing in a model that has no switches.

    Raises:
        RunError: the label starts as those of `label_of` do and is none.
    """
    if not label.startswith(_OFF):
        return ()
    try:
        found = tuple(Switch(**told) for told in json.loads(label.removeprefix(_OFF)))
    except (ValueError, TypeError, ValidationError):
        found = ()
    if not found or label_of(found) != label:
        raise RunError(
            "There is no model called {model!r} in this run; check its name.", model=label
        )
    return found


def check_switches(switches: Iterable[Switch], donors: Collection[str]) -> None:
    """Refuse switches of donors that aren't there, or of no layer.

    Raises:
        RunError: there are such.
    """
    for switch in switches:
        if switch.donor not in donors:
            raise RunError("There is no donor {donor!r} to switch off.", donor=switch.donor)
        ends = (switch.first, switch.last)
        if ends != (None, None) and (None in ends or not 0 <= ends[0] <= ends[1]):  # type: ignore[operator]
            raise RunError("The first layer that is switched off can't come after the last one.")


def donors_off(switches: Iterable[Switch], donors: Sequence[str], name: str) -> frozenset[int]:
    """Which donors are off in a tensor.

    Args:
        switches: that are off.
        donors: names, in the order of the spec.
        name: of the tensor.
    """
    layer, module = layer_of(name), part_of(name)
    return frozenset(donors.index(s.donor) for s in switches if s.covers(layer, module))


def positions_back(state: "RunState", switches: Sequence[Switch]) -> Mapping[str, int]:
    """How many positions each switched donor gives back to the base, counted from its claims.

    Claims are disjoint, so the sum over a donor's turns is what the owner map holds.
    """
    found: dict[str, int] = {}
    names = [donor.name for donor in state.spec.donors]
    for donor in dict.fromkeys(switch.donor for switch in switches):
        own = [s for s in switches if s.donor == donor]
        off = [any(s.covers(layer, module) for s in own) for layer, module in state.parts]
        turns = [turn for turn in state.turns if names[turn.donor] == donor]
        if any(switch.is_whole for switch in own):  # known of runs of before too
            found[donor] = sum(sum(turn.claimed) for turn in turns)
        else:
            counted = (zip(turn.parts, off, strict=True) for turn in turns)
            found[donor] = sum(n for pairs in counted for n, is_off in pairs if is_off)
    return found
