"""A progress bar for reading that takes long, on a terminal only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 2.0  # seconds before a bar is worth showing


@contextmanager
def reading(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yields `advance(n)`, to be called for every n bytes (or rows) of `total` done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    begun = time.monotonic()
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=total)
    shown = False

    def advance(n: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - begun > PATIENCE:
            bar.start()
            shown = True
        bar.advance(task, n)

    try:
        yield advance
    finally:
        bar.stop()
