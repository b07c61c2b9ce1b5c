"""The real page on the studio in memory: python -m tests.ui.fake_page [port]."""

import sys
import tempfile
from pathlib import Path

from tests.ui.fake_studio import FakeStudio
from ui.app import build
from ui.screens.wiring import LABELS
from ui.serving import launch_kwargs

if __name__ == "__main__":
    home = Path(tempfile.mkdtemp())
    page = build(FakeStudio(), home, [home])
    page.launch(**launch_kwargs(port=int(sys.argv[1]), i18n=LABELS))
