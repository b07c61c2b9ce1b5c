"""The weight-level picture of one tensor, drawn from bytes by the browser."""

from ui.widgets.base import Widget


class WeightCanvas(Widget):
    """A uint8 grid on a canvas through a 256-entry colour table, with a value tooltip.

    Value:
        {"rev": 1,
         "state": "ready",                          # empty | loading | ready
         "message": "Pick a cell.",
         "title": "Layer 3 - q_proj",
         "note": "576 x 576, every weight",         # small text behind the title, may be ""
         "label": "Saliency of model...weight ...", # accessible name of the picture
         "rows": 512, "cols": 512,                  # size of the grid sent
         "data": "<base64 of rows*cols bytes, row-major>",
         "lo": 0.0, "hi": 1.2e-5,                   # values of byte 0 and byte 255
         "curve": "linear",                         # linear | sqrt | log: value between lo and hi
                                                    # sqrt: lo+(hi-lo)*(b/255)^2; log needs lo > 0
         "row_step": 1.125, "col_step": 1.125,      # weights a pixel stands for, for the tooltip
         "row_text": "row", "col_text": "column", "value_text": "saliency",
         "legend": {"low": "0", "high": "1.2e-5", "text": "Colour: ..."},
         "caption": "The top 10 % of positions hold 61 % of the saliency.",
         "save": {...}}

    Events: none.
    """

    script = "weight_canvas.js"
