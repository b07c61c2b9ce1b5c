"""Both languages say the same things with the same placeholders."""

import string

import pytest

from ui.i18n import EN, JA, LANGUAGES, t


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_same_keys() -> None:
    assert EN.keys() == JA.keys()


@pytest.mark.parametrize("key", sorted(EN))
def test_same_placeholders_and_no_empty_text(key: str) -> None:
    assert placeholders(EN[key]) == placeholders(JA.get(key, ""))
    assert EN[key].strip()
    assert JA[key].strip()


def test_t_picks_the_language() -> None:
    assert LANGUAGES == ("en", "ja")
    assert t("en", "stepper.models") == "Models"
    assert t("ja", "stepper.models") == "モデル"


def test_t_fills_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EN, "test.turn", "turn {n}")
    assert t("en", "test.turn", n=3) == "turn 3"


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        t("en", "no.such.key")
