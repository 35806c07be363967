"""Threads on this machine, one a core, that take the next run as soon as they have done one."""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeVar

from wvexp.errors import RunStopped

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_workers() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_pool(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    report: Callable[[Item, Result | Exception], None],
    *,
    workers: int,
    stop: threading.Event,
    begin: Callable[[Item], None] = lambda item: None,
) -> None:
    """Do `work(item)` for all items, in order of their beginning, on `workers` threads.

    `report` is called in the caller's thread, once an item, with what the work returned or
    raised; `begin` in a worker's. As many items are in work at once as there are threads; results
    wait for their report, so they should be small. After `stop` no item is begun, and `work`
    should raise `RunStopped` soon; what was finished by then is still reported.
    """
    waiting = deque(items)
    finished: SimpleQueue[tuple[Item, Result | Exception] | None] = SimpleQueue()

    def worker() -> None:
        while not stop.is_set():
            try:
                item = waiting.popleft()
            except IndexError:
                break
            begin(item)
            try:
                finished.put((item, work(item)))
            except RunStopped:
                break
            except Exception as error:
                finished.put((item, error))
        finished.put(None)

    threads = [threading.Thread(target=worker, name=f"run-{i}") for i in range(workers)]
    for thread in threads:
        thread.start()
    try:
        running = workers
        while running:
            done = finished.get()
            if done is None:
                running -= 1
            else:
                report(*done)
    except BaseException:
        stop.set()
        raise
    finally:
        for thread in threads:
            thread.join()
