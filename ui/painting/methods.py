"""Which estimators and merge methods the page offers, and what the page must know of them."""

ESTIMATORS = ("layerwise", "magnitude", "random")
BASELINES = ("linear", "task_arithmetic", "ties", "dare_linear", "dare_ties")


def needs_texts(estimator: str) -> bool:
    """Whether the estimator looks at calibration texts."""
    return estimator == "layerwise"
