"""The heatmap layers x modules, from which one tensor is picked."""

from ui.widgets.base import Widget


class SaliencyGrid(Widget):
    """Grid of cividis cells; click, or arrow keys and Enter, trigger `pick`.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "No saliency yet.",
         "label": "Saliency by layer and module",
         "hint": "Click a cell to look inside it. Arrow keys and Enter work too.",
         "diverging": False,                        # or absent; True: two hues, 0.5 is neutral
         "corner": "Layer",
         "cols": ["q_proj", "k_proj"],
         "rows": [{"label": "0",
                   "cells": [{"v": 0.5, "text": "3.1 %", "tensor": "model...weight"}, None]}],
                                                    # v: 0..1 colour; None: no such tensor
         "extra": [{"label": "Embedding", "v": 0.2, "text": "1.0 %", "tensor": "..."}],
                                                    # tensors outside the layers, below the grid
         "selected": "model...weight",              # or None
         "legend": {"low": "0 %", "high": "6.2 %",  # texts at both ends of the colour bar
                    "text": "Colour: share of the donor's saliency ..."},
         "top": 0.062,                              # what v = 1 stands for, in the saved table;
                                                    # a cell's own "value" goes before
         "columns": ["Layer", "Module", "Tensor", "Share"],     # its heads
         "save": {...}}

    Events: pick {"tensor": str}.
    """

    script = "saliency_grid.js"
