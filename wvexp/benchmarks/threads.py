"""Two threads against one: the hand-written engine lets other threads run while it computes."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from wvexp.benchmarks.loops import Train, handwritten_engine
from wvexp.benchmarks.problem import Problem
from wvexp.benchmarks.products import products_alone

# Enough that starting a thread is nothing beside it.
_STEPS = 500
_RUNS = 4
_WAYS: Mapping[str, Callable[[Problem], Train]] = {
    "runs": handwritten_engine,
    "products": products_alone,
}


def two_threads(problem: Problem, rounds: int, steps: int = _STEPS) -> dict[str, float]:
    """How many times as many runs per second two threads train, and what a run then costs in CPU.

    The matrix products of the same runs take turns with them: two cores that share their
    arithmetic units, or a neighbour on the machine, slow both. Seconds on the wall, where other
    work on the machine counts too: the median over the rounds.
    """
    longer = replace(problem, epochs=problem.epochs * -(-steps // problem.steps))
    measured: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for way, make in _WAYS.items():
            for threads in (1, 2):
                trains = [make(longer) for _ in range(_RUNS)]
                measured.setdefault((way, threads), []).append(_wall_and_cpu(trains, threads))
    seconds = {case: np.median(pairs, axis=0) for case, pairs in measured.items()}
    times = {
        f"times_as_many_{way}_a_second": float(seconds[way, 1][0] / seconds[way, 2][0])
        for way in _WAYS
    }
    return {**times, "times_the_cpu_of_a_run": float(seconds["runs", 2][1] / seconds["runs", 1][1])}


def _wall_and_cpu(trains: list[Train], threads: int) -> tuple[float, float]:
    """Seconds on the wall, and of CPU, to do all of them."""
    with ThreadPoolExecutor(threads) as pool:
        began, worked = time.perf_counter(), time.process_time()
        list(pool.map(lambda train: train(), trains))
        return time.perf_counter() - began, time.process_time() - worked
