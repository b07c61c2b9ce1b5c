"""Calibration texts that a donor writes itself, sampled from a seed.

It reads no files and measures nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from obim.errors import CalibrationError
from obim.models.decoding import OnProgress, write_on
from obim.saliency.calibration import Text

_MARK = "\u2402\u2402"


def generate_texts(
    model: Any,
    tokenizer: Any,
    n: int,
    seed: int,
    *,
    max_new_tokens: int = 96,
    rows: int = 16,
    on_progress: OnProgress | None = None,
) -> list[Text]:
    """Texts that the donor writes itself ("self"), sampled at temperature 1.

    A chat model starts after the opening of the user's turn, so that it writes a question, and
    then answers it (the way of Magpie, Xu et al. 2024); another starts from its first token.

    Args:
        model: the donor, live.
        tokenizer: of the donor.
        n: number of texts.
        seed: of the sampling, the same on every device.
        max_new_tokens: of a question, and of an answer.
        rows: texts sampled at a time.
        on_progress: told the fraction done, 0..1, after every token; what it raises ends this.

    Returns:
        ``n`` texts or fewer, where the model wrote nothing.

    Raises:
        CalibrationError: the model wrote nothing at all.
    """
    chat = bool(getattr(tokenizer, "chat_template", None))
    writer = _Writer(model, tokenizer, max_new_tokens, on_progress or (lambda share: None))
    texts: list[Text] = []
    for start in range(0, n, rows):
        count = min(rows, n - start)
        low, high = start / n, (start + count) / n
        middle = (low + high) / 2 if chat else high
        block_seed = seed * 100_003 + start
        opening = [_opening(tokenizer, chat)] * count
        written = [t for t in writer.write(opening, block_seed, low, middle) if t.strip()]
        if chat:
            asked = [_question(tokenizer, text) for text in written]
            answers = writer.write(asked, block_seed + 1, middle, high)
            texts += [Text(q, a) for q, a in zip(written, answers, strict=True)]
        else:
            texts += [Text(text) for text in written]
    if not texts:
        raise CalibrationError("The donor wrote no text of its own; give it calibration texts.")
    return texts


@dataclass(frozen=True)
class _Writer:
    model: Any
    tokenizer: Any
    most: int
    on_progress: OnProgress

    def write(self, prompts: Sequence[list[int]], seed: int, low: float, high: float) -> list[str]:
        """Sample a block from ``seed`` and report ``low`` to ``high`` meanwhile."""

        def tell(share: float) -> None:
            self.on_progress(low + share * (high - low))

        lots = torch.Generator().manual_seed(seed % 2**63)
        texts = write_on(
            self.model, self.tokenizer, prompts, self.most, lots=lots, on_progress=tell
        )
        self.on_progress(high)
        return texts


def _opening(tokenizer: Any, chat: bool) -> list[int]:
    if chat:
        messages = [{"role": "user", "content": _MARK}]
        rendered = tokenizer.apply_chat_template(messages, tokenize=False)
        opening = rendered.partition(_MARK)[0]
        return list(tokenizer(opening, add_special_tokens=False)["input_ids"])
    first = tokenizer.bos_token_id
    return [first if first is not None else (tokenizer.eos_token_id or 0)]


def _question(tokenizer: Any, text: str) -> list[int]:
    messages = [{"role": "user", "content": text}]
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return list(tokenizer(rendered, add_special_tokens=False)["input_ids"])
