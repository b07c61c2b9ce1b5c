"""Custom components, one a file; each docstring gives the value that its widget paints."""

from ui.widgets.bars import Bars
from ui.widgets.base import Widget
from ui.widgets.counters import Counters
from ui.widgets.curves import Curves
from ui.widgets.donor_matrix import DonorMatrix
from ui.widgets.finding_list import FindingList
from ui.widgets.histogram import Histogram
from ui.widgets.item_list import ItemList
from ui.widgets.jobbar import JobBar
from ui.widgets.model_cards import ModelCards
from ui.widgets.note import Note
from ui.widgets.occupancy import Occupancy
from ui.widgets.overlap_histogram import OverlapHistogram
from ui.widgets.recipe import Recipe
from ui.widgets.result_box import ResultBox
from ui.widgets.saliency_grid import SaliencyGrid
from ui.widgets.scatter import Scatter
from ui.widgets.score_dots import ScoreDots
from ui.widgets.score_table import ScoreTable
from ui.widgets.set_list import SetList
from ui.widgets.sheet import Sheet
from ui.widgets.stepper import Stepper
from ui.widgets.tensor_picture import TensorPicture
from ui.widgets.verdicts import Verdicts
from ui.widgets.weight_canvas import WeightCanvas

__all__ = [
    "Bars",
    "Counters",
    "Curves",
    "DonorMatrix",
    "FindingList",
    "Histogram",
    "ItemList",
    "JobBar",
    "ModelCards",
    "Note",
    "Occupancy",
    "OverlapHistogram",
    "Recipe",
    "ResultBox",
    "SaliencyGrid",
    "Scatter",
    "ScoreDots",
    "ScoreTable",
    "SetList",
    "Sheet",
    "Stepper",
    "TensorPicture",
    "Verdicts",
    "WeightCanvas",
    "Widget",
]
