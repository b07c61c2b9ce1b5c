"""The door: `python app.py`, or the command `obim-studio`."""

import sys

from ui.command import serve


def main() -> None:
    """Serve the page."""
    sys.exit(serve())


if __name__ == "__main__":
    main()
