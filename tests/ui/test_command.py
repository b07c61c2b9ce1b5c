"""The command refuses with one sentence and says 2 where it can't begin."""

import socket
from pathlib import Path

import pytest

from ui.command import serve


def test_what_can_not_be_served_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OBIM_USER", raising=False)
    home = ["--home", str(tmp_path)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert serve(["--port", port, *home]) == 2
    cases = {
        "can't be opened": None,
        "is not a folder": ["--model-root", str(tmp_path / "none")],
        "not a port": ["--port", "many"],
        "is no device; choose auto, cpu, cuda or mps": ["--port", port, "--device", "gpu"],
        "set a user and a password": ["--host", "0.0.0.0", "--port", port],
    }
    for said, options in cases.items():
        if options is not None:
            assert serve([*options, *home]) == 2
        assert said in capsys.readouterr().err
