"""The bar that a command shows while it works."""

import sys
from typing import Any


def open_bar(times: str = "{elapsed}") -> Any:
    """A bar on the terminal, from 0 to 1."""
    from tqdm import tqdm

    shape = "{desc}: {percentage:3.0f}%|{bar}| " + times
    return tqdm(total=1.0, file=sys.stderr, bar_format=shape)


def show(bar: Any, share: float, what: str) -> None:
    """Move it, never back."""
    bar.set_description(what, refresh=False)
    bar.update(max(0.0, min(share, 1.0) - bar.n))  # sums of shares may round past 1
