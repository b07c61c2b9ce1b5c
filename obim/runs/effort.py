"""What the parts of a job take, against each other: the bar moves by it, and so does the time left.

The unit is what a model takes to read one token, since every part grows with the model as that
does. Measured with the demo on one core; it need only be roughly right.
"""

from collections.abc import Sequence

from obim.evaluation.encoding import Encoded

TURN = 250.0
"""One turn of a merge."""
PREPARE = 1200.0
"""Ranking the weights of one donor."""
SUMMARISE = 800.0
"""The saliency summary of one donor."""
SHOW = 450.0
"""Putting the weights of base, donor or merge into the live model."""
MERGE = 3000.0
"""Merging by another method, for its scores."""
MEASURE = 4.0
"""A calibration token, in float32 and with statistics."""
OWN_TEXT = 450.0
"""A text that a donor writes for its own calibration."""
ANSWERS = 1500.0
"""The answers of one model to those items of one skill that got worse."""


def reading(encoded: Sequence[Encoded]) -> float:
    """Scoring these items by one pass over prompts and answers."""
    return float(sum(len(e.prompt) + len(e.answer) for e in encoded))
