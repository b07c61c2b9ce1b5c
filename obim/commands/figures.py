"""How commands print a score."""


def describe(unit: str, value: float, low: float, high: float) -> str:
    """A score and the ends of its 95 % interval."""
    if unit == "share":
        return f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"{value:.4g} ({low:.4g} to {high:.4g})"
