"""One tensor from close by: each pixel a block of weights, coloured by who wants or owns it."""

from ui.widgets.base import Widget


class TensorPicture(Widget):
    """A canvas of categories with exact counts, bars at its sides, zoom by mouse and keyboard.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | failed | ready
         "message": "",
         "title": "Layer 3 - q_proj", "note": "rows 0-575 of 576, ...",
         "label": "Who wants which weight of ...",  # accessible name
         "busy": "",                                # said while another window is on its way
         "shape": [576, 576], "window": [0, 576, 0, 576],
         "rows": 128, "cols": 128,                  # of the picture
         "row_edges": [0, 4, 9], "col_edges": [0],  # rows + 1 and cols + 1
         "counts": "<base64, rows*cols*kinds little-endian unsigned of `bytes` bytes>",
         "bytes": 1, "kinds": 6,
         "turns": 0,                                # > 0: counts are turn, its positions, claimed
         "categories": [{"name": "nobody", "ink": "none", "text": "41.2 %"},
                        {"name": "dates", "ink": 0, "text": "20.1 %"}],
                                                    # ink: colour slot | none | both | fight
         "donors": ["dates"],
         "members": [[[3]], [[3]]],                 # a row each, a column each: positions a donor
         "values": {"delta": "<base64 float32 donors*rows*cols>", "saliency": "<same>",
                    "codes": "<base64>", "code_bytes": 1},      # or None: pixels are blocks
         "turn_names": ["base", "turn 1, dates"],
         "words": {"row": "row", "rows": "rows", "column": "column", "columns": "columns",
                   "weights": "weights", "delta": "change", "saliency": "saliency",
                   "wants": "wants it", "claimed": "claimed", "most": "most",
                   "busy": "Computing ...", "longest": "Longest bar:"},
         "acts": {"in": "Zoom in", "out": "Zoom out", "whole": "Whole tensor", "up": "Up",
                  "down": "Down", "left": "Left", "right": "Right"},
         "hint": "Drag over ...",
         "caption": "A pixel has the colour of ...",
         "legend": {"low": "1", "high": "12", "text": "Colour: turn"},  # or None
         "table_rows": "Rows as a table", "table_columns": "Columns as a table",
         "columns": ["first row", "last row", "first column", "last column", "weights"]}
                                                    # heads of the saved table, before the kinds

    Events: zoom {"window": [top, bottom, left, right]}.
    """

    script = "tensor_picture.js"
