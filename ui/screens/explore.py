"""The Interference screen: where donors fight over weights, before the merge and after."""

from ui.screens.wiring import Page, lead


def build(page: Page) -> None:
    """Lay out and wire the screen."""
    lead("explore.what")
