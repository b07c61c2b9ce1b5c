"""The second-order term of a loss in one entry, which all estimators with a curvature share."""

from torch import Tensor

from obim.errors import CalibrationError
from obim.types import TensorStats


def quadratic(delta: Tensor, stats: TensorStats | None) -> Tensor:
    """``s_ij = 1/2 * H_ij * D_ij^2``, Optimal Brain Damage (LeCun et al. 1990).

    Args:
        delta: D, shape of the file tensor.
        stats: the diagonal H, in terms that are broadcastable to D.

    Returns:
        Saliency, float32, >= 0, shape of D.

    Raises:
        CalibrationError: there are no statistics for this tensor.
    """
    if stats is None:
        raise CalibrationError(
            "This tensor has no statistics; measure the donor on calibration texts first, or "
            "choose the estimator magnitude."
        )
    return delta.float().square().mul_(stats.diagonal()).mul_(0.5)
