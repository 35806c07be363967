"""A limit of wall time: how much is left for what, and what a run will take of it."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wvexp.results.stored_run import StoredRun
from wvexp.sweeps.run import cost
from wvexp.training.identity import RunConfig

# What findings, figures and files take, and a share for what grows with the seeds: 4.2 s of work
# after a decision of 30 s, 7 s after one of 120 s.
_CLOSING_SECONDS, _CLOSING_SHARE, _MOST_CLOSING = 5.0, 0.03, 30.0
# Of what findings and report take, the least that figures and files do.
_WRITING_SHARE = 0.65
# Of the limit, the most that is kept for the model that the decision ends with.
_MODEL_SHARE = 0.25
# What a model may take where no time is left.
_LEAST_MODEL = 1.0
# What comes before and after a model's epochs, and until runs that are told to stop have stopped.
_AROUND_MODEL = 1.5
# What comes with the first runs and no other: torch, the engines compared, kernels read.
_FIRST_RUNS = 4.0
# No machine is taken to be busier.
_SLOWEST = 4.0
# A little work to see how busy it is, and how long that is believed, in seconds.
_SAMPLE, _BELIEVED = 0.02, 1.0
# Limits that are named as enough are multiples of it.
_STEP = 5
# And this many times a limit within which the first runs did not end, though they should have.
_MORE = 1.5
# Estimates are exceeded by as much before anything goes wrong.
_CAUTION = 1.25


class Pace:
    """How busy the machine is: seconds that a second of work takes, 1 to `_SLOWEST`.

    By a little work of this thread, now and then. What the program does anyway would not tell:
    where it waits for a disk, that would pass for a busy machine.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        worked: Callable[[], float] = time.thread_time,
    ) -> None:
        self.clock, self.worked = clock, worked
        self._pace, self._asked = 0.0, -math.inf

    def __call__(self) -> float:
        began = self.clock()
        if began - self._asked >= _BELIEVED:
            done = self.worked() + _SAMPLE
            while self.worked() < done:
                pass
            self._asked = self.clock()
            now = min(max(1.0, (self._asked - began) / _SAMPLE), _SLOWEST)
            self._pace = (self._pace + now) / 2 if self._pace else now
        return self._pace


def quiet() -> float:
    """The pace of a machine that does nothing else."""
    return 1.0


@dataclass(frozen=True)
class Budget:
    """A limit of wall time; every figure is in seconds, infinite without a limit.

    limit    None without a limit
    workers  runs trained at once
    began    what the clock showed when the decision began
    pace     says what a second of work takes here, where other programs run too
    judged   what the findings of the report took, once they are there
    reserved what is kept for yardsticks
    """

    limit: float | None
    workers: int
    began: float = 0.0
    clock: Callable[[], float] = time.perf_counter
    pace: Callable[[], float] = quiet
    judged: float = 0.0
    reserved: float = 0.0

    def elapsed(self) -> float:
        return self.clock() - self.began

    def left(self) -> float:
        """Until the limit, less what yardsticks and report take."""
        if self.limit is None:
            return math.inf
        return self.limit - self.elapsed() - self.closing - self.reserved

    @property
    def closing(self) -> float:
        """What is kept for findings and report; once there are findings, for the report."""
        share = _CLOSING_SHARE * (self.limit or 0.0)
        whole = self.pace() * min(_CLOSING_SECONDS + share, _MOST_CLOSING)
        return max(whole - self.judged, _WRITING_SHARE * whole)

    def for_runs(self, model: float) -> float:
        """What is left to train runs, with the model that is kept expected to take `model`."""
        if self.limit is None:  # nothing depends on how busy the machine is
            return math.inf
        return self.left() - min(
            _CAUTION * model + self.pace() * _AROUND_MODEL, self.most_for_model
        )

    @property
    def most_for_model(self) -> float:
        """The most that is kept for the model that the decision ends with."""
        return math.inf if self.limit is None else _MODEL_SHARE * self.limit

    def allows(
        self,
        batch: Sequence[RunConfig],
        stored: Sequence[StoredRun],
        model: float,
        share: float = 1.0,
    ) -> bool:
        """Whether the runs of the batch that are not stored can be expected to fit.

        share: of what is left for runs, the most that the batch may take
        """
        if self.limit is None:
            return True
        keys = {run.key for run in stored}
        expected = [expected_seconds(run, stored) for run in batch if run.key not in keys]
        # The longest run begins first: nothing ends before it does.
        wall = max([sum(expected) / self.workers, *expected]) if expected else 0.0
        return not expected or _CAUTION * wall <= share * self.for_runs(model)

    @property
    def for_model(self) -> float:
        """What the model may take that the decision ends with: there is to be one in any case.

        Without caution: one whose time is up is kept as it was after its last epoch.
        """
        return max(self.left(), _LEAST_MODEL)

    @property
    def first_runs(self) -> float:
        """What the first runs are taken to need, before any has shown it."""
        return self.pace() * _FIRST_RUNS

    def least(self, reading: float) -> int:
        """The smallest limit that would do where reading took so long, in steps of five seconds.

        The first runs, a quick model and the report fit in it; where they should have fit in this
        one and did not, it is more than this by half.
        """
        limits = itertools.count(_STEP, _STEP)
        then = replace(self, began=0.0, clock=lambda: reading)
        first, limit = self.first_runs, self.limit or 0.0
        enough = next(n for n in limits if replace(then, limit=n).for_runs(0.0) >= first)
        return enough if enough > limit else _STEP * math.ceil(_MORE * limit / _STEP)


def expected_seconds(run: RunConfig, stored: Sequence[StoredRun]) -> float:
    """What a run will take, from stored runs of its kind: a line in the training size.

    From runs of one size the estimate grows as `wvexp.sweeps.run.cost` does. Unknown kinds are
    expected to take no time: they must be tried to be known.
    """
    kind = run.model.name, run.recipe.arm.treated
    alike = [r for r in stored if (r.model, r.recipe.arm.treated) == kind]
    # Medians of the quicker half: the first runs of a process also compile.
    of_size = {
        n: float(np.quantile([r.seconds for r in alike if r.train_size == n], 0.25))
        for n in {r.train_size for r in alike}
    }
    if run.train_size in of_size:
        return of_size[run.train_size]
    if not of_size:
        return 0.0
    smallest, largest = min(of_size), max(of_size)
    if smallest == largest:
        return of_size[largest] * cost(run) / cost(replace(run, train_size=largest))
    slope = max(0.0, (of_size[largest] - of_size[smallest]) / (largest - smallest))
    return max(0.0, of_size[largest] + slope * (run.train_size - largest))
