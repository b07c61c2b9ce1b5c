"""The device by its name: what is there, what is not, and the memory that is free."""

import time

import psutil
import pytest
import torch

from obim.errors import RecipeError
from obim.models.device import (
    CPU,
    choose_device,
    free_memory,
    is_out_of_memory,
    is_quicker_in_float32,
)


def there(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted"),
    [(True, True, "cuda"), (False, True, "mps"), (True, False, "cuda"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_that_is_there(
    cuda: bool, mps: bool, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there(monkeypatch, cuda=cuda, mps=mps)
    assert choose_device("auto") == torch.device(wanted)
    assert choose_device("cpu") == CPU
    monkeypatch.delenv("OBIM_DEVICE")
    assert choose_device(None) == torch.device(wanted)
    monkeypatch.setenv("OBIM_DEVICE", "cpu")
    assert choose_device(None) == CPU
    assert choose_device("auto") == torch.device(wanted)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_what_is_not_there_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there(monkeypatch)
    with pytest.raises(RecipeError, match=f"no {name} device here"):
        choose_device(name)
    monkeypatch.setenv("OBIM_DEVICE", "gpu")
    with pytest.raises(RecipeError, match="'gpu' is no device; choose auto, cpu, cuda or mps"):
        choose_device(None)


def test_free_memory_of_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card's free memory and what PyTorch holds unused; MPS shares the machine's up to a limit"""
    assert 0 < free_memory(CPU) <= psutil.virtual_memory().total
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 100)
    assert free_memory(torch.device("cuda")) == 1200
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 4000)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 1000)
    assert free_memory(torch.device("mps")) == 3000


def test_what_counts_as_too_little_memory() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize(
    ("slow", "quicker"), [(torch.bfloat16, True), (torch.float32, False), (None, False)]
)
def test_a_format_is_quicker_where_it_clearly_is(
    slow: torch.dtype | None, quicker: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0

    def multiply(left: torch.Tensor, right: torch.Tensor) -> None:
        nonlocal clock
        assert left.shape[1] == right.shape[0]
        clock += 2.0 if left.dtype == slow else 1.0

    monkeypatch.setattr(torch, "mm", multiply)
    monkeypatch.setattr(time, "perf_counter", lambda: clock)
    assert is_quicker_in_float32.__wrapped__(torch.bfloat16) == quicker
