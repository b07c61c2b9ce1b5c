"""Multiple choice by likelihood: the model writes nothing, it is asked what it expects most."""

from collections.abc import Generator, Sequence
from typing import Any

from obim.evaluation.choosing import choose
from obim.evaluation.encoding import Encoded
from obim.evaluation.teacher_forcing import BATCH_TOKENS
from obim.registry import evaluator
from obim.types import ItemResult


@evaluator("multiple_choice", unit="share", higher_is_better=True)
def multiple_choice(
    model: Any, encoded: Sequence[Encoded], tokenizer: Any, batch_tokens: int = BATCH_TOKENS
) -> Generator[float, None, list[ItemResult]]:
    """Share of items whose answer has the largest ``log p(choice | prompt) / bytes(choice)``.

    Bytes are those of the choice in UTF-8, so that long choices are not at a disadvantage: what
    lm-evaluation-harness calls ``acc_bytes``, and ``acc_norm`` (which divides by characters) where
    the choices are ASCII. As there, the end of sequence is not counted.

    Args:
        model: a causal LM of transformers in eval mode.
        encoded: at least one item, each with its choices.
        tokenizer: of the model.
        batch_tokens: positions of a batch at most, padding counted (one row at least).

    Yields, Returns, Raises: as `choose`.
    """
    end = 0 if tokenizer.eos_token_id is None else 1
    return (
        yield from choose(
            model,
            encoded,
            lambda log, text: float(log[: len(log) - end].double().sum()) / len(text.encode()),
            batch_tokens,
        )
    )
