"""How to ask an exported folder something without OBIM Studio. It loads nothing itself."""

from obim.runs.demo_skills import demo_skills
from obim.types import MergeSpec

_ANYTHING = "Hello"


def usage(folder: str, spec: MergeSpec) -> str:
    """Lines of Python that ask the folder in plain transformers, greedily as the page does.

    Args:
        folder: absolute, or relative with ``./``, so that it is no name of the Hub.
        spec: what was merged; the first of its donors with an example gives the prompt.
    """
    skills = (demo_skills().get(donor.source) for donor in spec.donors)
    prompt = next((skill.prompt for skill in skills if skill and skill.prompt), _ANYTHING)
    return (
        "from transformers import pipeline\n"
        f'ask = pipeline("text-generation", {folder!r})\n'
        f'chat = [{{"role": "user", "content": {prompt!r}}}]\n'
        "print(ask(chat, max_new_tokens=64, do_sample=False)"
        '[0]["generated_text"][-1]["content"])'
    )
