"""Which evaluation sets a run gets."""

from obim.evaluation.items import demo_sets
from obim.runs.checking import skills_of
from obim.saliency.calibration import load_texts
from obim.types import Donor, MergeSpec


def _spec(*sources: str) -> MergeSpec:
    donors = tuple(Donor(name=f"d{n}", source=source) for n, source in enumerate(sources))
    return MergeSpec(base="demo:base", donors=donors)


def _chosen(*sources: str) -> dict[str, str | None]:
    return {s["id"]: s["donor"] for s in skills_of(_spec(*sources), demo_sets())}


def test_a_demo_donor_brings_its_own_set_and_the_general_one() -> None:
    assert _chosen("demo:amounts", "demo:mails") == {
        "amounts": "d0",
        "mails": "d1",
        "general": None,
    }


def test_the_donor_that_forgot_is_measured_on_the_skill_it_was_trained_on() -> None:
    assert _chosen("demo:forgetting") == {"mails": "d0", "general": None}
    assert load_texts("demo:forgetting") == load_texts("demo:mails")


def test_strangers_get_every_set_and_none_is_theirs() -> None:
    found = _chosen("/models/a", "/models/b")
    assert set(found) == {s.id for s in demo_sets()}
    assert set(found.values()) == {None}
