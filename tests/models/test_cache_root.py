"""Where the app keeps what it computes once."""

from pathlib import Path

import pytest

from obim.models.demo import cache_root


@pytest.mark.parametrize(
    ("home", "caches", "expected"),
    [
        ("/a/home", "/b/caches", "/a/home"),
        ("", "/b/caches", "/b/caches/obim-studio"),
        ("", "relative", "/u/.cache/obim-studio"),
        ("", "", "/u/.cache/obim-studio"),
        (None, None, "/u/.cache/obim-studio"),
    ],
)
def test_the_home_then_the_caches_then_the_usual_place(
    home: str | None, caches: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HOME", "/u"), ("OBIM_HOME", home), ("XDG_CACHE_HOME", caches)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_root() == Path(expected)
