"""Timing that compares: every candidate once a round, medians over the rounds."""

import gc
import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def median_seconds(
    candidates: Mapping[Name, Callable[[], object]],
    rounds: int,
    seconds: float = 0.02,
) -> dict[Name, float]:
    """Candidate -> median seconds of one call.

    The candidates take turns, so that what else the machine does falls on all alike. A quick one
    is called several times a turn, for about `seconds`. The garbage collector rests meanwhile:
    when it runs depends on how much else is alive, not on the candidate.
    """
    times: dict[Name, list[float]] = {name: [] for name in candidates}
    calls = {name: _calls(run, seconds) for name, run in candidates.items()}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, run in candidates.items():
                times[name].append(_once(run, calls[name]))
    finally:
        gc.enable()
    return {name: statistics.median(measured) for name, measured in times.items()}


def _calls(run: Callable[[], object], seconds: float) -> int:
    run()  # warms caches
    return max(1, int(seconds / max(_once(run, 1), 1e-9)))


def _once(run: Callable[[], object], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        run()
    return (time.process_time() - start) / calls
