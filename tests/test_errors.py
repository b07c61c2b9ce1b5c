"""Errors are sentences that can be taken apart again, in this process and in another."""

import pickle

import pytest

from obim.errors import ObimError, RunError, Sentence


def test_an_error_fills_its_template() -> None:
    error = RunError("{name!r} has {free:.1f} GB.", name="a", free=1.25)
    assert str(error) == "'a' has 1.2 GB."
    assert error.template == "{name!r} has {free:.1f} GB."
    assert error.values == {"name": "a", "free": 1.25}


def test_text_without_values_is_taken_as_it_is() -> None:
    error = ObimError("{} {name} {")
    assert (str(error), error.template, error.values) == ("{} {name} {", "{} {name} {", {})


def test_values_may_hold_braces_and_are_texts_or_numbers() -> None:
    error = ObimError("{a} {b}", a="{b}", b=[2, 3])
    assert str(error) == "{b} [2, 3]"
    assert error.values == {"a": "{b}", "b": "[2, 3]"}


def test_a_value_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        ObimError("{a} {b}", a=1)


@pytest.mark.parametrize("error", [RunError("{n} {{}}", n=3), RunError("{x}")])
def test_errors_survive_the_way_to_another_process(error: RunError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is RunError
    assert (str(there), there.template, there.values) == (str(error), error.template, error.values)
    assert isinstance(there.sentence, Sentence)
