"""The command that serves the page: options, a free port, the address; not the page itself."""

import argparse
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ui import serving


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="obim-studio", description="Merge fine-tuned language models, step by step."
    )
    port = os.environ.get("PORT", "7860")
    parser.add_argument("--port", default=port, help="port to serve on (default: PORT, or 7860)")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument(
        "--model-root", type=Path, action="append", default=[], metavar="FOLDER",
        help="folder whose models are offered; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--home",
        type=Path,
        help="folder for runs and exports (default: OBIM_HOME, or obim-studio in your caches)",
    )
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: OBIM_DEVICE, or auto)")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args(argv)


def _password() -> tuple[str, str] | None:
    user, password = os.environ.get("OBIM_USER"), os.environ.get("OBIM_PASSWORD")
    return (user, password) if user and password else None


class _Refusal(Exception):
    """Why serving can't begin: one sentence."""


def _checked(options: argparse.Namespace) -> tuple[int, list[Path]]:
    """The port, free, and the model roots, there.

    Raises:
        _Refusal: one of them is not.
    """
    for root in options.model_root:
        if not root.is_dir():
            raise _Refusal(f"{root} is not a folder; give --model-root a folder that holds models.")
    try:
        port = serving.port_or_error(int(options.port), options.host)
    except ValueError:
        raise _Refusal(
            f"{options.port!r} is not a port; choose one from 1024 to 65535 with PORT=."
        ) from None
    except serving.PortBusy as error:
        raise _Refusal(str(error)) from error
    return port, [root.resolve() for root in options.model_root]


def _launch(options: argparse.Namespace, port: int, roots: list[Path]) -> tuple[Any, Any]:
    """The studio and the page, served.

    Raises:
        _Refusal: other machines could reach it without a password, the home is another's, or
            there is no such device.
    """
    from obim import ObimError, Studio
    from ui.app import build
    from ui.screens.wiring import LABELS

    try:
        studio = Studio(options.home, roots, device=options.device)
    except ObimError as error:
        raise _Refusal(str(error)) from error
    try:
        settings = serving.launch_kwargs(
            host=options.host,
            port=port,
            auth=_password(),
            blocked_paths=[studio.home, *roots],
            i18n=LABELS,
        )
    except serving.AuthRequired as error:
        studio.close()
        raise _Refusal(f"{error} (OBIM_USER and OBIM_PASSWORD)") from error
    page = build(studio, studio.home, roots)
    page.launch(**settings, prevent_thread_lock=True)
    return studio, page


def serve(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 2 where that can't begin.

    A page that other machines can reach needs OBIM_USER and OBIM_PASSWORD.
    """
    options = _options(argv)
    serving.environment()
    try:
        port, roots = _checked(options)
        studio, page = _launch(options, port, roots)
    except _Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    address = f"http://{options.host}:{port}"
    print(f"OBIM Studio: {address}  (Ctrl-C ends it)", flush=True)
    if options.open:
        webbrowser.open(address)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("Bye.")
    finally:
        studio.close()
        page.close()
    return 0
