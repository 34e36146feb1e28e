"""Processes that do their shares of one load, timed together."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import TypeAlias

Figures: TypeAlias = dict[str, float | int | bool]
Share = Callable[[int], Callable[[], None]]
_Times: TypeAlias = tuple[float, float, float]


def timed(share: Share, processes: int, operations: int) -> Figures:
    """Run `share(number)` in each process to prepare it, then what that returned in all at once.

    `seconds` go from the common start to the end of the last, `client_cpu_s` is the processor time of all and
    `cpu_ms` that of one operation.
    """
    spawn = multiprocessing.get_context("spawn")
    barrier, times = spawn.Barrier(processes), spawn.SimpleQueue()
    crew = [spawn.Process(target=_run, args=(share, number, barrier, times)) for number in range(processes)]
    for one in crew:
        one.start()
    taken: list[_Times] = [times.get() for _ in crew]
    for one in crew:
        one.join()
    seconds = max(end for _, end, _ in taken) - min(start for start, _, _ in taken)
    cpu = sum(used for _, _, used in taken)
    return {
        "ops": operations,
        "seconds": round(seconds, 4),
        "rate": round(operations / seconds, 1),
        "client_cpu_s": round(cpu, 4),
        "cpu_ms": round(1000 * cpu / operations, 4),
    }


def _run(share: Share, number: int, barrier: Barrier, times: SimpleQueue[_Times]) -> None:
    work = share(number)
    barrier.wait()
    start, used = time.monotonic(), time.process_time()
    work()
    times.put((start, time.monotonic(), time.process_time() - used))
