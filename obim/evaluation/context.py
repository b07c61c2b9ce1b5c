"""Do items fit into what a model can read at once? It runs no model."""

from collections.abc import Callable, Sequence
from typing import Any

from obim.errors import EvaluationError
from obim.evaluation.encoding import Encoded


def context_of(model: Any) -> int | None:
    """Tokens that a model can read at once, None where its config names no such limit."""
    config = model.config.get_text_config()
    most = getattr(config, "max_position_embeddings", None)
    return int(most) if most else None


def check_context(
    model: Any, encoded: Sequence[Encoded], after: Callable[[Encoded], int] | None = None
) -> None:
    """Refuse items that are longer than the model's context.

    Args:
        model: a causal LM of transformers.
        encoded: items.
        after: tokens that follow an item's prompt; None: those of its answer.

    Raises:
        EvaluationError: an item is too long; the sentence names the first one.
    """
    most = context_of(model)
    if most is None:
        return
    for one in encoded:
        tokens = len(one.prompt) + (after(one) if after else len(one.answer))
        if tokens > most:
            raise EvaluationError(
                "Item {item!r} takes {tokens} tokens, and this model reads {most} at once; "
                "shorten it.",
                item=one.item.id,
                tokens=tokens,
                most=most,
            )
