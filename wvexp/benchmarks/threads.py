"""Two threads against one: the hand-written engine lets other threads run while it computes."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from wvexp.benchmarks.loops import handwritten_engine
from wvexp.benchmarks.problem import Problem

# Enough that starting a thread is nothing beside it.
_STEPS = 500
_RUNS = 4


def two_threads(problem: Problem, rounds: int, steps: int = _STEPS) -> dict[str, float]:
    """How many times as many runs a second two threads train, and what a run then costs in CPU.

    Seconds on the wall, where other work on the machine counts too: the median over the rounds.
    """
    longer = replace(problem, epochs=problem.epochs * -(-steps // problem.steps))
    measured: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, seconds in measured.items():
            seconds.append(_wall_and_cpu_seconds(longer, threads))
    one, two = (np.median(seconds, axis=0) for seconds in measured.values())
    return {
        "times_as_many_runs_a_second": float(one[0] / two[0]),
        "times_the_cpu_of_a_run": float(two[1] / one[1]),
    }


def _wall_and_cpu_seconds(problem: Problem, threads: int) -> tuple[float, float]:
    trains = [handwritten_engine(problem) for _ in range(_RUNS)]
    with ThreadPoolExecutor(threads) as pool:
        began, worked = time.perf_counter(), time.process_time()
        list(pool.map(lambda train: train(), trains))
        return time.perf_counter() - began, time.process_time() - worked
