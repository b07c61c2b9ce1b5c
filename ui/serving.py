"""Launch settings, safe by default. It builds no page and computes nothing.

`environment()` must run before gradio is imported, so gradio is imported inside functions only.
"""

import ipaddress
import os
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

_CLOSED: dict[str, Any] = {
    "share": False,
    "max_file_size": "20mb",
    "footer_links": [],
    "run_history": False,
    "enable_monitoring": False,
    "show_error": False,
    "mcp_server": False,
    "pwa": False,
    "ssr_mode": False,
    "strict_cors": True,
    "state_session_capacity": 200,
    "quiet": True,
}
"""What no option opens: sharing, history, monitoring, uploads of any size."""
_TRUE = ("1", "ON", "YES", "TRUE")


class PortBusy(Exception):
    """The port is taken by another program, or may not be opened."""


class AuthRequired(Exception):
    """The page would be reachable from other machines without a password."""


def environment(*, online: bool = False) -> None:
    """Close every way out before gradio and transformers are imported.

    Args:
        online: leave downloads from the Hugging Face Hub possible (a user's explicit wish).
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # the page shows progress, not the terminal
    if not online:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() not in _TRUE:  # a user's own no holds
            os.environ["OBIM_HUB_ON_REQUEST"] = (
                "1"  # what the fold of the hub asks for may go there
            )
        os.environ["HF_HUB_OFFLINE"] = "1"
    if "GRADIO_TEMP_DIR" not in os.environ:  # mkdtemp makes it readable by its owner alone
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="obim-studio-")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def port_or_error(port: int, host: str = "127.0.0.1") -> int:
    """The port itself if it can be opened.

    Raises:
        PortBusy: with the sentence to show.
    """
    if not 0 < port < 65536:
        raise PortBusy(f"{port} is not a port; choose one from 1024 to 65535 with PORT=.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortBusy(
                f"Port {port} on {host} can't be opened ({error.strerror}); stop the program "
                f"that uses it, or choose another port, for instance PORT={port % 60000 + 1}."
            ) from error
    return port


def _refuse_open(host: str, auth: tuple[str, str] | None) -> None:
    if not is_loopback(host) and auth is None:
        raise AuthRequired(
            f"Serving on {host} lets other machines in; set a user and a password, "
            "or serve on 127.0.0.1."
        )


def _trusted(host: str, allowed_hosts: Sequence[str]) -> Middleware:
    """Answers these Host headers only."""
    hosts = ["127.0.0.1", "localhost", "[::1]", *allowed_hosts]
    if host not in ("0.0.0.0", "::"):
        hosts.append(host)
    elif not allowed_hosts:
        hosts = ["*"]  # reached by whatever name the network gives; the password guards it
    return Middleware(TrustedHostMiddleware, allowed_hosts=hosts)


def launch_kwargs(
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: tuple[str, str] | None = None,
    allowed_paths: Sequence[Path] = (),
    blocked_paths: Sequence[Path] = (),
    i18n: Any = None,
    allowed_hosts: Sequence[str] = (),
) -> dict[str, Any]:
    """Arguments for Blocks.launch().

    Args:
        host: address to listen on; anything but loopback needs `auth`.
        port: port, checked by `port_or_error` first.
        auth: user and password.
        allowed_paths: folders whose small files (reports, recipes) may be downloaded.
        blocked_paths: folders never served: model roots, home.
        i18n: gr.I18n of Gradio's own labels.
        allowed_hosts: further Host headers to accept when the page has a name of its own.

    Raises:
        AuthRequired: `host` is not loopback and there is no `auth`.
    """
    from ui import theme

    _refuse_open(host, auth)
    return {
        **_CLOSED,
        "server_name": host,
        "server_port": port,
        "auth": auth,
        "allowed_paths": [str(path) for path in allowed_paths],
        "blocked_paths": [str(path) for path in blocked_paths],
        "app_kwargs": {"middleware": [_trusted(host, allowed_hosts)], "openapi_url": None},
        "i18n": i18n,
        "theme": theme.theme(),
        "css_paths": list(theme.CSS_PATHS),
        "head": theme.head(),
    }
