"""Launch settings are safe by default, and a busy port says so."""

import os
import socket
from pathlib import Path

import pytest

from ui.serving import (
    AuthRequired,
    PortBusy,
    environment,
    is_loopback,
    launch_kwargs,
    port_or_error,
)


def test_environment_closes_every_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE", "GRADIO_TEMP_DIR",
        "HF_HUB_DISABLE_PROGRESS_BARS",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OBIM_HUB_ON_REQUEST", "")
    environment()
    assert os.environ["OBIM_HUB_ON_REQUEST"] == "1"
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] == "1"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert Path(os.environ["GRADIO_TEMP_DIR"]).stat().st_mode & 0o077 == 0


def test_a_users_own_no_to_the_hub_holds_for_downloads_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OBIM_HUB_ON_REQUEST", "")
    environment()
    assert os.environ["OBIM_HUB_ON_REQUEST"] == ""


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("pc", False)],
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_a_busy_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"Port {port} .* PORT="):
            port_or_error(port)
    assert port_or_error(port) == port


def test_a_number_that_is_no_port() -> None:
    with pytest.raises(PortBusy, match="not a port"):
        port_or_error(70000)


def test_other_machines_need_a_password() -> None:
    with pytest.raises(AuthRequired, match="password"):
        launch_kwargs(host="0.0.0.0")
    assert launch_kwargs(host="0.0.0.0", auth=("me", "secret"))["auth"] == ("me", "secret")


def test_defaults_are_closed() -> None:
    settings = launch_kwargs()
    assert settings["server_name"] == "127.0.0.1"
    closed = ("share", "run_history", "enable_monitoring", "show_error", "mcp_server")
    assert not any(settings[name] for name in closed)
    assert settings["strict_cors"]
    assert settings["app_kwargs"]["openapi_url"] is None
    assert "*" not in settings["app_kwargs"]["middleware"][0].kwargs["allowed_hosts"]


def test_a_foreign_host_header_is_turned_away() -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    app = Starlette(middleware=launch_kwargs()["app_kwargs"]["middleware"])
    assert TestClient(app, base_url="http://127.0.0.1").get("/").status_code == 404
    assert TestClient(app, base_url="http://evil.example").get("/").status_code == 400
