"""Let a live model write on from token ids, greedily or by lot, and say so after every token.

The lots are drawn on the CPU, so that a seed gives the same ones on every device. It builds no
prompts, seeds no generator and scores nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

OnProgress = Callable[[float], None]


class _Teller(StoppingCriteria):  # type: ignore[misc]
    """Ends nothing; tells how far the writing is, at most."""

    def __init__(self, on_progress: OnProgress, width: int, most: int) -> None:
        self._on_progress, self._width, self._most = on_progress, width, most

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        self._on_progress((input_ids.shape[1] - self._width) / self._most)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


class _Lots(LogitsProcessor):  # type: ignore[misc]
    """Makes the likeliest token a draw from softmax(scores), by adding Gumbel noise."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        lots = torch.empty(scores.shape).exponential_(generator=self._generator)
        return scores - lots.log_().to(scores.device)


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Ids that end an answer: those of the generation config and the tokenizer's own."""
    own = getattr(model.generation_config, "eos_token_id", None)
    ids = own if isinstance(own, list) else [own]
    return sorted({int(i) for i in [*ids, tokenizer.eos_token_id] if i is not None})


def write_on(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    *,
    lots: torch.Generator | None = None,
    on_progress: OnProgress | None = None,
) -> list[str]:
    """What the model writes after each prompt, special tokens left out.

    Args:
        model: a causal LM of transformers in eval mode.
        tokenizer: of the model.
        prompts: token ids, run together, left-padded.
        max_new_tokens: of a text.
        lots: a generator of the CPU, to draw from the whole distribution with (temperature 1);
            None: the likeliest token each.
        on_progress: told the fraction done, 0..1, after every token; what it raises ends this.
    """
    if not prompts:
        return []
    width = max(len(prompt) for prompt in prompts)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=end_tokens(model, tokenizer) or None,
        pad_token_id=pad,
    )
    tellers = [] if on_progress is None else [_Teller(on_progress, width, max_new_tokens)]
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=settings,
            logits_processor=LogitsProcessorList([] if lots is None else [_Lots(lots)]),
            stopping_criteria=StoppingCriteriaList(tellers),
        )
    written = out[:, width:].cpu().tolist()
    return [str(t) for t in tokenizer.batch_decode(written, skip_special_tokens=True)]
