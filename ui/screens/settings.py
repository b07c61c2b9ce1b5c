"""What the Merge screen's controls say, kept as a draft until the first turn makes it a run."""

from collections.abc import Callable
from typing import Any

from obim import Donor, MergeSpec
from ui.handlers import Desk
from ui.painting.settings import tried
from ui.painting.wording import MAX_DONORS
from ui.refusals import Refused, whole
from ui.session import Session


def share_of(value: object, k: int) -> float | None:
    """A slider's density; None (1/K) where the slider stands at 1/K, which is on no grid."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused("error.density")
    return None if round(value, 3) == round(1 / k, 3) else float(value)


def take_settings(desk: Desk, session: Session, values: list[Any]) -> None:
    """Keep what the controls say as a draft; it becomes a run with the next turn."""
    state = desk.state(session)
    if state.locked:
        raise Refused("merge.locked")
    rounds, rotate, scope, dtype, include, exclude, seed, *pairs = values
    k = len(state.spec.donors)
    densities, scales = pairs[:MAX_DONORS], pairs[MAX_DONORS:]
    donors = tuple(
        Donor.model_validate(
            donor.model_dump() | {"density": share_of(densities[i], k), "scale": scales[i]}
        )
        for i, donor in enumerate(state.spec.donors)
    )
    changed = {
        "rounds": whole(rounds, 1, 255, "merge.rounds"),
        "rotate": bool(rotate),
        "scope": scope,
        "dtype": dtype,
        "include": tuple(str(include).split()) or ("*",),
        "exclude": tuple(str(exclude).split()),
        "seed": whole(seed, 0, 2**32 - 1, "merge.seed"),
        "donors": donors,
    }
    spec = MergeSpec.model_validate(state.spec.model_dump() | changed)
    session.draft = None if spec == state.spec else spec.model_dump_json()


def settle(desk: Desk, session: Session) -> None:
    """Turn the draft into a run before the first turn."""
    state = desk.state(session)
    spec = tried(state, session)
    if spec != state.spec:
        desk.fork(session, spec)


def use_preset(
    desk: Desk, session: Session, preset: Callable[[MergeSpec], MergeSpec | None]
) -> None:
    """Try named settings, before the merge has begun and where there are any for these models."""
    state = desk.state(session)
    if state.locked:
        raise Refused("merge.locked")
    spec = tried(state, session)
    chosen = preset(spec)
    if chosen is None:
        raise Refused("error.no_preset")
    session.draft = None if chosen == state.spec else chosen.model_dump_json()
    session.epoch += 1
