"""Exact selection of n among 16 M free positions, against torch.topk with the same threads.

Run: ``python -m tests.benchmarks.bench_selection``.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from obim.merging.kernels import claim, sort_keys
from tests.benchmarks.processes import machine

N, REPEATS = 1 << 24, 7


def main() -> None:
    print(f"{machine()}; {torch.get_num_threads()} threads, {N / 1e6:.1f} M positions")
    saliency = torch.randn(N, generator=torch.Generator().manual_seed(0)).square()
    keys = sort_keys(saliency)
    claim(keys, np.zeros(N, np.uint8), 1, 1)  # compiled before the clock runs
    for share in (0.01, 0.1, 0.33):
        n = int(share * N)
        pairs = []
        for _ in range(REPEATS):
            owner = np.zeros(N, np.uint8)
            ours = timed(lambda: claim(keys, owner, n, 1))  # noqa: B023
            pairs.append((ours, timed(lambda: torch.topk(saliency, n, sorted=False))))  # noqa: B023
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(
            f"{share:.0%}: claim {1000 * ours:.0f} ms, torch.topk {1000 * theirs:.0f} ms: "
            f"{theirs / ours:.1f} times as fast"
        )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
