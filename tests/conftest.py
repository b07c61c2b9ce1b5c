"""Fixtures of every room: tiny random models on disk, made once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import save_adapter, save_donor, save_tiny


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama in float32; read only."""
    return save_tiny(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="session")
def tiny_donors(tiny_base: Path) -> list[Path]:
    """Two full fine-tunes and an adapter of ``tiny_base``; read only."""
    root = tiny_base.parent
    return [
        save_donor(root / "donor-1", tiny_base, seed=1),
        save_donor(root / "donor-2", tiny_base, seed=2, sharded=True),
        save_adapter(root / "adapter", tiny_base, seed=3),
    ]


@pytest.fixture
def make_tiny(tmp_path: Path) -> Callable[..., Path]:
    """``make_tiny("name", family, tied=..., dtype=...)``: a tiny model in the test's folder."""

    def make(name: str, *args: object, **settings: object) -> Path:
        return save_tiny(tmp_path / name, *args, **settings)  # type: ignore[arg-type]

    return make
