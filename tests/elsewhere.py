"""A device that is not the CPU, for tests on machines that have no other.

PyTorch lets a backend be registered in Python. This one keeps its values in tensors of the CPU and
computes with them there, so results are the CPU's; but as on a real card, an operation on tensors
of two devices fails. Like MPS it has no float64.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("elsewhere")
ELSEWHERE = torch.device("elsewhere", 0)
_aten = torch.ops.aten
_CROSSING = {_aten.copy_.default, _aten._to_copy.default}


class MixedDevices(Exception):
    """An operation on tensors of two devices."""


class There(Tensor):
    """A tensor of the device; ``inner`` holds its values."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> "There":
        if inner.dtype == torch.float64:
            raise TypeError("this device has no float64")
        made = Tensor._make_wrapper_subclass(
            cls, inner.shape, inner.stride(), inner.storage_offset(), dtype=inner.dtype,
            device=ELSEWHERE,
        )  # fmt: skip
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, *_: Any) -> Any:
        raise AssertionError(f"{func} outside of the pretence")


class Pretence(TorchDispatchMode):
    """Sends operations on to the values, refuses those that mix devices, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        with self:  # in inference mode operations come here that consist of others
            parts = func.decompose(*args, **kwargs)
        if parts is not NotImplemented:
            return parts
        seen = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        there = [x for x in seen if isinstance(x, There)]
        if there and func not in _CROSSING:
            if any(x.ndim for x in seen if not isinstance(x, There)):  # numbers may come along
                raise MixedDevices(f"{func} {[(x.device, tuple(x.shape)) for x in seen]}")
            self.operations += 1
        stays = isinstance(args[0], There) if func is _aten.copy_.default else bool(there)
        if kwargs.get("device") is not None:
            stays = kwargs["device"].type == ELSEWHERE.type
            kwargs["device"] = torch.device("cpu") if stays else kwargs["device"]
        known = {id(x.inner): x for x in there}
        args, kwargs = tree_map(lambda x: x.inner if isinstance(x, There) else x, (args, kwargs))
        if func is _aten.histc.default:  # the CPU counts no integers
            args = (args[0].float(), *args[1:])
        result = func(*args, **kwargs)
        return tree_map(lambda x: _wrap(x, known), result) if stays else result


def _wrap(x: Any, known: dict[int, There]) -> Any:
    """What is computed in place stays the tensor it was."""
    if not isinstance(x, Tensor):
        return x
    return known[id(x)] if id(x) in known else There(x)


class _Made(TorchFunctionMode):
    """`torch.tensor` moves its values where no dispatch mode sees it: here it is done after."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.tensor and kwargs.get("device") is not None:
            return func(*args, **{**kwargs, "device": None}).to(kwargs["device"])
        return func(*args, **kwargs)


@contextmanager
def elsewhere() -> Iterator[Pretence]:
    """The device is there meanwhile; as on a real one, moved modules keep their ties."""
    before = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        with _Made(), Pretence() as pretence:
            yield pretence
    finally:
        torch.__future__.set_swap_module_params_on_conversion(before)
