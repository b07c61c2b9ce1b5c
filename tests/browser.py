"""Find the browser of the browser tests, or install it; fail with one sentence if neither works."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find_browser() -> str | None:
    """The path of an installed Chromium or Chrome: ``CHROMIUM=`` first, then the PATH."""
    wanted = os.environ.get("CHROMIUM")
    return wanted or next((path for name in NAMES if (path := shutil.which(name))), None)


def install_browser() -> None:
    """By the system's package manager where that needs no password, else by Playwright."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing the browser of the tests (chromium) ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=False, **quiet)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def playwright_browser() -> str | None:
    """The Chromium that Playwright installed for itself, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def browser_path() -> str:
    """The browser to test with.

    Raises:
        SystemExit: there is none.
    """
    path = find_browser() or playwright_browser()
    if path is None:
        sys.exit("The browser tests need Chromium: install it, or set CHROMIUM= to its path.")
    return path


if __name__ == "__main__":
    if find_browser() is None and playwright_browser() is None:
        install_browser()
    print("browser:", browser_path())
