"""A limit of time: what is expected to fit into it, and the clock that holds it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wvexp.results.crossfit import Run
from wvexp.training.identity import RunConfig


@dataclass
class Budget:
    """How much time is left, counted by what the stored runs took, not by this process's clock.

    limit    seconds; None without a limit
    workers  runs trained at once
    reserve  seconds kept for the final model and the report
    before   seconds that passed before the first run
    """

    limit: float | None
    workers: int
    reserve: float = 0.0
    before: float = 0.0

    def allows(self, batch: Sequence[RunConfig], stored: Sequence[Run], share: float = 1.0) -> bool:
        """Whether the runs of the batch that are not stored can be expected to fit."""
        if self.limit is None:
            return True
        keys = {run["key"] for run in stored}
        left = [run for run in batch if run.key not in keys]
        spent = self.before + sum(run["seconds"] for run in stored) / self.workers
        expected = sum(expected_seconds(run, stored) for run in left) / self.workers
        return not left or spent + expected + self.reserve <= share * self.limit


def expected_seconds(run: RunConfig, stored: Sequence[Run]) -> float:
    """What a run will take, from stored runs of its kind: a line in the training size.

    Unknown kinds are expected to take no time: they must be tried to be known.
    """
    alike = [r for r in stored if (r["model"], r["finetune"]) == (run.model.name, run.finetune)]
    same = [r["seconds"] for r in alike if r["train_size"] == run.train_size]
    if same:
        return float(np.mean(same))
    sizes = sorted({r["train_size"] for r in alike})
    if not sizes:
        return 0.0
    # Medians: the first run of a process also compiles.
    means = [np.median([r["seconds"] for r in alike if r["train_size"] == n]) for n in sizes]
    if len(sizes) == 1:
        return float(means[0])
    slope = max(0.0, float((means[-1] - means[0]) / (sizes[-1] - sizes[0])))
    return max(0.0, float(means[-1]) + slope * (run.train_size - sizes[-1]))


def stop_after(seconds: float | None, stop: threading.Event) -> threading.Timer | None:
    """Sets `stop` after so many seconds, whatever was expected: the budget is an upper limit."""
    if seconds is None:
        return None
    timer = threading.Timer(max(seconds, 0.0), stop.set)
    timer.daemon = True
    timer.start()
    return timer
