"""Threads that take whole tensors, or pieces of a large one, and hand results back in order.

What is computed doesn't depend on how many there are; how much lies in memory is bounded.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

T = TypeVar("T")
LARGE = 1 << 22
"""Positions from which on a tensor's pieces, rather than tensors, are spread over threads."""
ROOM = 1 << 24
"""Positions of tensors in hand at a time; a larger tensor is alone."""

Each = Callable[..., Iterable[Any]]
Check = Callable[[], None]
"""Raises where the work is to be given up; called in any thread, between two pieces."""


def go_on() -> None:
    """Nothing asks for the end of the work."""


def watched(each: Each, check: Check) -> Each:
    """The same ``each``, which asks before every piece whether to go on."""

    def watching(function: Callable[..., Any], *pieces: Iterable[Any]) -> Iterable[Any]:
        def piece(*given: Any) -> Any:
            check()
            return function(*given)

        return each(piece, *pieces)

    return watching


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """As many threads as torch uses; in each torch itself uses one."""
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def in_order(
    work: Callable[[str, Each], T], tensors: Iterable[tuple[str, int]]
) -> Iterator[tuple[str, T]]:
    """Do ``work(name, each)`` on all tensors, a few ahead of the one that is yielded.

    Args:
        work: ``each(function, pieces)`` is how it does the pieces of a tensor.
        tensors: (name, positions).

    Yields:
        (name, result), in the order given.
    """
    waiting: deque[tuple[str, int, Future[T]]] = deque()
    held = 0
    with workers() as pool:
        for name, size in tensors:
            large = size >= LARGE
            while waiting and (large or held + size > ROOM):
                done, freed, future = waiting.popleft()
                held -= freed
                yield done, future.result()
            if large:
                yield name, work(name, pool.map)
            else:
                waiting.append((name, size, pool.submit(work, name, map)))
                held += size
        for done, _, future in waiting:
            yield done, future.result()
