"""Charts for saving and reports: DataFrame in, Figure out; twins of the page's widgets."""

from ui.charts.curves import curves_figure
from ui.charts.occupancy import occupancy_figure
from ui.charts.saliency import saliency_figure

__all__ = ["curves_figure", "occupancy_figure", "saliency_figure"]
