"""Calibration texts as they stand on the screen, which the run may not have taken over yet."""

from obim import MergeSpec, RunState
from ui.session import Session


def tried(state: RunState, session: Session) -> list[str | None]:
    """Calibration a donor as it stands on the screen."""
    return session.calibration or [donor.calibration for donor in state.spec.donors]


def tried_spec(state: RunState, session: Session, estimator: str) -> MergeSpec:
    """The run's settings with texts, tokens and estimator as they stand on the screen."""
    donors = tuple(
        donor.model_copy(update={"calibration": text})
        for donor, text in zip(state.spec.donors, tried(state, session), strict=True)
    )
    tokens = session.tokens or state.spec.calibration_tokens
    update = {"donors": donors, "estimator": estimator, "calibration_tokens": tokens}
    return state.spec.model_copy(update=update)
