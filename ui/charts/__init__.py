"""Charts for saving and reports: DataFrame in, Figure out; twins of the page's widgets."""

from ui.charts.curves import curves_figure
from ui.charts.interference import interference_figure
from ui.charts.occupancy import occupancy_figure, occupancy_height
from ui.charts.palette import literal
from ui.charts.saliency import saliency_figure
from ui.charts.scores import scores_figure, scores_height

__all__ = [
    "curves_figure", "interference_figure", "literal", "occupancy_figure",
    "occupancy_height", "saliency_figure", "scores_figure", "scores_height",
]  # fmt: skip
