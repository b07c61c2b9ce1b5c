"""A calibration text in tokens, and where its answer begins. It cuts nothing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obim.saliency.calibration import Text


def encode(tokenizer: Any, text: "Text") -> list[int]:
    """Token ids of one text; question and answer through the chat template where there is one."""
    if text.answer is None:
        return list(tokenizer(text.text)["input_ids"])
    if not getattr(tokenizer, "chat_template", None):
        joined = f"{text.text}\n{text.answer}{tokenizer.eos_token or ''}"
        return list(tokenizer(joined)["input_ids"])
    messages = [
        {"role": "user", "content": text.text},
        {"role": "assistant", "content": text.answer},
    ]
    rendered = tokenizer.apply_chat_template(messages, tokenize=False)
    return list(tokenizer(rendered, add_special_tokens=False)["input_ids"])


def question_length(tokenizer: Any, text: "Text") -> int:
    """How many of a text's tokens come before its answer; 0 for plain text."""
    if text.answer is None:
        return 0
    if not getattr(tokenizer, "chat_template", None):
        asked = list(tokenizer(f"{text.text}\n")["input_ids"])
    else:
        messages = [{"role": "user", "content": text.text}]
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        asked = list(tokenizer(rendered, add_special_tokens=False)["input_ids"])
    whole = encode(tokenizer, text)
    pairs = enumerate(zip(asked, whole, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(asked), len(whole)))
