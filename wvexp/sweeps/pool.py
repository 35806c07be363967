"""Threads on this machine, one per core, that take the next run as soon as they have done one."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from wvexp.errors import RunStopped, UserError

log = logging.getLogger("wvexp")

# More threads than this for each core only take memory.
_MOST_PER_CORE = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count(workers: int | None) -> int:
    """The threads asked for, within reason; one per core when None; UserError below 1."""
    # Those that this process may use, where the system says.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = allowed or 1
    if workers is None:
        return cores
    if workers < 1:
        raise UserError(f"workers={workers}: give 1 or more, or leave it out for one per core")
    most = _MOST_PER_CORE * cores
    if workers > most:
        log.warning("workers=%s on %s cores: %s runs at once", f"{workers:,}", cores, most)
    return min(workers, most)


def run_pool(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    report: Callable[[Item, Result | Exception], None],
    *,
    workers: int | None,
    stop: threading.Event,
    begin: Callable[[Item], None] = lambda item: None,
) -> None:
    """Do `work(item)` for all items, in order of their beginning, on `workers` threads.

    `report` is called once an item, with what the work returned or raised, and `begin` once before
    that, both in the caller's thread and in the order in which a worker came to them. As many
    items are in work at once as there are threads; results wait for their report, so they should
    be small. After `stop` no item is begun, and `work` should raise `RunStopped` soon; what was
    finished by then is still reported.
    """
    waiting = deque(items)
    events: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def worker() -> None:
        while not stop.is_set():
            try:
                item = waiting.popleft()
            except IndexError:
                break
            events.put(partial(begin, item))
            try:
                events.put(partial(report, item, work(item)))
            except RunStopped:
                break
            except Exception as error:
                events.put(partial(report, item, error))
        events.put(None)

    count = min(thread_count(workers), max(len(items), 1))
    threads = [threading.Thread(target=worker, name=f"run-{i}") for i in range(count)]
    for thread in threads:
        thread.start()
    try:
        working = count
        while working:
            event = events.get()
            if event is None:
                working -= 1
            else:
                event()
    except BaseException:
        stop.set()
        raise
    finally:
        for thread in threads:
            thread.join()
