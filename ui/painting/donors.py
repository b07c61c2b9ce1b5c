"""What the page knows of a donor beside its files: what it does, and something to ask it."""

from dataclasses import dataclass

from obim import MergeSpec, demo_skills


@dataclass(frozen=True)
class About:
    """A donor of the demo, in the user's language."""

    title: str
    description: str
    prompt: str
    answer: str


def about(lang: str, source: str) -> About | None:
    """What a donor does; None where nobody has told."""
    skill = demo_skills().get(source)
    if skill is None:
        return None
    return About(skill.title[lang], skill.description[lang], skill.prompt, skill.answer)


def examples(spec: MergeSpec) -> list[tuple[str, str]]:
    """(name, prompt) of each donor that has an example."""
    skills = [(donor.name, demo_skills().get(donor.source)) for donor in spec.donors]
    return [(name, skill.prompt) for name, skill in skills if skill is not None and skill.prompt]
