"""What each of the demo's donors does, in words and by an example. It reads the manifest alone."""

from dataclasses import dataclass
from functools import cache

from obim.runs.choices import demo_manifest


@dataclass(frozen=True)
class DemoSkill:
    """What one donor of the demo was trained to do.

    Attributes:
        title: language -> a few words.
        description: language -> one sentence.
        prompt: something to ask it; empty where the manifest names none.
        answer: what it answers; empty where the manifest names none.
    """

    title: dict[str, str]
    description: dict[str, str]
    prompt: str = ""
    answer: str = ""


@cache
def demo_skills() -> dict[str, DemoSkill]:
    """``demo:<id>``, as specs call it, -> its skill; empty where the demo isn't installed."""
    manifest = demo_manifest()
    entries = [*manifest.get("skills", []), manifest.get("forgetting", {})]
    return {
        f"demo:{entry['id']}": DemoSkill(
            entry["title"], entry["description"], **entry.get("example", {})
        )
        for entry in entries
        if entry.get("adapter")
    }
