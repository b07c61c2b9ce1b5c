"""Colours, hatches and the plain layout that all charts share."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

BASE = "#8b95a7"
DONORS = (
    "#0072b2",
    "#c98200",
    "#009e73",
    "#b8608f",
    "#3a9ad9",
    "#c04a00",
    "#8f8400",
    "#7c5cc0",
)
TWO_HUES = ("#1f5fa8", "#5b94cf", "#a9c9e8", "#f1efea", "#f3c08a", "#dd8433", "#a8520a")
"""As the page's widgets have it: around a neutral figure, the right end is trouble."""
HATCHES = ("/", "-", "\\", ".", "|", "x", "", "+")
SYMBOLS = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "triangle-down",
    "cross",
    "hourglass",
    "star",
)

LONGEST = 40
"""Letters of a name in a chart."""


def require(frame: pd.DataFrame, *columns: str) -> None:
    """Check that a frame has the columns a chart draws.

    Raises:
        ValueError: naming the columns that are missing.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ValueError(f"The chart needs the columns {', '.join(missing)}.")


def literal(text: object) -> str:
    """A name as plotly shows it: it takes some markup in text for markup."""
    name = str(text)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(figure: go.Figure, *, title: str, x_title: str, y_title: str) -> go.Figure:
    """Give a figure the house's layout: white, light grid, legend above, readable fonts."""
    figure.update_layout(
        template="none",
        title={"text": title, "x": 0, "xref": "paper"},
        xaxis={"title": x_title, "gridcolor": "#dbe2ec", "zeroline": False},
        yaxis={"title": y_title, "gridcolor": "#dbe2ec", "zeroline": False},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        font={"family": "Source Sans Pro, Noto Sans CJK JP, sans-serif", "color": "#1b2536"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        margin={"l": 64, "r": 16, "t": 84, "b": 52},
    )
    return figure


def intervals(part: pd.DataFrame, width: int) -> dict[str, Any]:
    """Error bars from columns score, low, high; ``width`` in pixels."""
    return {
        "type": "data",
        "array": (part["high"] - part["score"]).tolist(),
        "arrayminus": (part["score"] - part["low"]).tolist(),
        "thickness": 1,
        "width": width,
    }
