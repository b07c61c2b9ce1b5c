"""Calibration texts that a donor writes itself, sampled from a seed.

It reads no files and measures nothing.
"""

from collections.abc import Generator, Sequence
from typing import Any

import torch

from obim.errors import CalibrationError
from obim.saliency.calibration import Text

_MARK = "\u2402\u2402"


def generate_texts(
    model: Any, tokenizer: Any, n: int, seed: int, *, max_new_tokens: int = 96, rows: int = 16
) -> Generator[float, None, list[Text]]:
    """Texts that the donor writes itself ("self"), sampled at temperature 1.

    A chat model starts after the opening of the user's turn, so that it writes a question, and
    then answers it (the way of Magpie, Xu et al. 2024); another starts from its first token.

    Args:
        model: the donor, live.
        tokenizer: of the donor.
        n: number of texts.
        seed: of the sampling; the global generator of torch is left as it was.
        max_new_tokens: of a question, and of an answer.
        rows: texts sampled at a time.

    Yields:
        Fraction done.

    Returns:
        ``n`` texts or fewer, where the model wrote nothing.

    Raises:
        CalibrationError: the model wrote nothing at all.
    """
    chat = bool(getattr(tokenizer, "chat_template", None))
    texts: list[Text] = []
    for start in range(0, n, rows):
        count = min(rows, n - start)
        block_seed = seed * 100_003 + start
        opening = [_opening(tokenizer, chat)] * count
        written = _sample(model, tokenizer, opening, block_seed, max_new_tokens)
        if chat:
            yield (start + count / 2) / n
            asked = [text for text in written if text.strip()]
            prompts = [_question(tokenizer, text) for text in asked]
            answers = _sample(model, tokenizer, prompts, block_seed + 1, max_new_tokens)
            texts += [Text(q, a) for q, a in zip(asked, answers, strict=True)]
        else:
            texts += [Text(text) for text in written if text.strip()]
        yield (start + count) / n
    if not texts:
        raise CalibrationError("The donor wrote no text of its own; give it calibration texts.")
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


def _sample(
    model: Any, tokenizer: Any, prompts: Sequence[list[int]], seed: int, max_new_tokens: int
) -> list[str]:
    if not prompts:
        return []
    width = max(len(prompt) for prompt in prompts)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed % 2**63)
        out = model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=max_new_tokens,
            pad_token_id=pad,
        )
    return [str(t) for t in tokenizer.batch_decode(out[:, width:], skip_special_tokens=True)]
