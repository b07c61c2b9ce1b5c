"""The command that serves the page leaves a home to the Studio that works in it."""

import contextlib
import socket
from pathlib import Path

import pytest

from obim.runs.studio import Studio
from ui.command import serve


def test_a_home_in_use_is_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ui.serving.environment", lambda: None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with contextlib.closing(Studio(tmp_path)):
        assert serve(["--port", port, "--home", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert str(tmp_path) in line
    assert "--home" in line
