"""Methods register by name, and their facts are what the page builds its lists from."""

import obim
from obim import registry
from obim.registry import estimator, find


def test_facts_of_estimators_and_methods() -> None:
    estimators = {e.name: e for e in obim.entries("estimator")}
    assert list(estimators) == obim.names("estimator")
    assert estimators["layerwise"].needs_statistics
    assert not estimators["magnitude"].needs_statistics
    assert estimators["magnitude"].label == "Magnitude"
    methods = {e.name: e for e in obim.entries("merge_method")}
    assert methods["obim"].exclusive
    assert methods["obim"].needs_saliency
    assert methods["linear"].label == find("merge_method", "linear").facts["label"]
    assert [m.name for m in methods.values() if m.exclusive] == ["obim"]
    evaluators = {e.name: e for e in obim.entries("evaluator")}
    assert not evaluators["perplexity"].higher_is_better
    assert evaluators["exact_match"].unit == "share"


def test_a_new_method_is_listed() -> None:
    obim.names("estimator")
    estimator("test_only", needs_statistics=True)(lambda delta, stats, generator: delta)
    try:
        (facts,) = [e for e in obim.entries("estimator") if e.name == "test_only"]
        assert facts.needs_statistics
        assert facts.label == "Test only"
    finally:
        del registry._entries["estimator"]["test_only"]
