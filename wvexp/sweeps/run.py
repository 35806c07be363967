"""A sweep: runs in, rows in the results file out; what is there already is not trained again."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from wvexp.data.features import fingerprint_of
from wvexp.errors import RunError, UserError
from wvexp.experiment.inputs import Inputs
from wvexp.parity.engines import require_parity
from wvexp.parity.watching import watcher
from wvexp.results.store import Store
from wvexp.results.stored_run import StoredRun
from wvexp.sweeps.interrupt import interruptible
from wvexp.sweeps.pool import run_pool, thread_count
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult
from wvexp.training.run import train
from wvexp.vectors.initial import STARTS


@dataclass(frozen=True)
class FailedRun:
    run: RunConfig
    error: str


@dataclass(frozen=True)
class SweepOutcome:
    """Runs trained and stored now, runs that were there before, and runs that failed."""

    done: int
    skipped: int
    failed: tuple[FailedRun, ...]

    @classmethod
    def total(cls, outcomes: Iterable["SweepOutcome"]) -> "SweepOutcome":
        """Several sweeps as one."""
        listed = list(outcomes)
        return cls(
            sum(outcome.done for outcome in listed),
            sum(outcome.skipped for outcome in listed),
            tuple(failure for outcome in listed for failure in outcome.failed),
        )


class Progress(Protocol):
    """Who is told how a sweep goes; `wvexp.sweeps.progress` has the one for terminals."""

    def started(self, runs: int, stored: Sequence[StoredRun]) -> None: ...
    def begun(self, run: RunConfig) -> None: ...
    def done(self, result: RunResult) -> None: ...
    def failed(self, failure: FailedRun) -> None: ...
    def ended(self) -> None: ...


class Silent:
    """Tells nobody."""

    def started(self, runs: int, stored: Sequence[StoredRun]) -> None: ...
    def begun(self, run: RunConfig) -> None: ...
    def done(self, result: RunResult) -> None: ...
    def failed(self, failure: FailedRun) -> None: ...
    def ended(self) -> None: ...


# Trains one run; raises `RunStopped` soon after the event is set.
TrainOne = Callable[[RunConfig, Inputs, threading.Event], RunResult]


class Dispatch(Protocol):
    """Where runs are trained: threads here, Ray, SLURM."""

    def __call__(
        self,
        train_one: TrainOne,
        runs: Sequence[RunConfig],
        inputs: Inputs,
        report: Callable[[RunConfig, RunResult | Exception], None],
        begin: Callable[[RunConfig], None],
        stop: threading.Event,
    ) -> None:
        """Train all runs, longest first as given; `report` each in the caller's thread."""
        ...


def run_sweep(
    runs: Sequence[RunConfig],
    inputs: Inputs,
    store: Store,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    dispatch: Dispatch | None = None,
    train_one: TrainOne | None = None,
    compared: set[str] | None = None,
) -> SweepOutcome:
    """Train the runs that the results file lacks, and store each as soon as it is done.

    Before the first run the two engines are compared on each distinct shape of model.

    Parameters
    ----------
    runs
        On the data of `inputs`; a run given twice is one run.
    workers
        Threads on this machine, one per core when None; `dispatch` takes their place.
    stop
        Ends the sweep early, as Ctrl-C does: what was finished by then is stored.
    dispatch, train_one
        Where and how a run is trained; on threads by `wvexp.training.run.train` when None.

    compared
        Shapes of model on which the engines agreed in an earlier part of the same sweep.

    Raises
    ------
    UserError
        A run of other data or of more than there is, `workers` below 1, or a results file that
        cannot be written.
    RunError
        The engines disagree.
    KeyboardInterrupt
        Ctrl-C, after the finished runs have been stored.
    """
    progress, stop = progress or Silent(), stop or threading.Event()
    dispatch = dispatch or threads(workers)
    _require_data(runs, inputs)
    distinct = {run.key: run for run in runs}
    failed: list[FailedRun] = []
    done = 0
    with store, interruptible(stop):
        stored = store.keys()
        left = [run for key, run in distinct.items() if key not in stored]
        left.sort(key=cost, reverse=True)
        again = stored & distinct.keys()
        skipped = [run for run in store.runs() if run.key in again] if again else []

        def report(run: RunConfig, outcome: RunResult | Exception) -> None:
            nonlocal done
            if isinstance(outcome, RunResult):
                store.save(outcome)
                done += 1
                progress.done(outcome)
            else:
                failed.append(FailedRun(run, _describe(outcome)))
                store.fail(run, failed[-1].error)
                progress.failed(failed[-1])

        if left:
            require_parity(left, inputs.corpus, inputs.reference, compared)
        progress.started(len(distinct), skipped)
        try:
            if left:
                dispatch(train_one or train_run, left, inputs, report, progress.begun, stop)
        finally:
            progress.ended()
    return SweepOutcome(done, len(skipped), tuple(failed))


def threads(workers: int | None) -> Dispatch:
    """Dispatch to a pool of threads, one per core when None; UserError below 1."""
    count = thread_count(workers)

    def dispatch(
        train_one: TrainOne,
        runs: Sequence[RunConfig],
        inputs: Inputs,
        report: Callable[[RunConfig, RunResult | Exception], None],
        begin: Callable[[RunConfig], None],
        stop: threading.Event,
    ) -> None:
        def work(run: RunConfig) -> RunResult:
            return train_one(run, inputs, stop)

        run_pool(work, runs, report, workers=count, stop=stop, begin=begin)

    return dispatch


def train_run(run: RunConfig, inputs: Inputs, stop: threading.Event) -> RunResult:
    """Train one run of a sweep on the CPU."""
    trained = train(
        run,
        inputs.corpus,
        inputs.reference,
        device="cpu",
        watch=watcher(None),
        on_epoch=lambda epoch: None,
        should_stop=stop.is_set,
    )
    return replace(trained.result, read=inputs.reading)


def cost(run: RunConfig) -> float:
    """A rough estimate of a run's seconds, to begin with the longest and to group the short."""
    per_example = run.spec.seconds
    if run.engine == "autograd":
        per_example *= 3
    if run.finetune:
        per_example *= 2
    return 0.03 + run.train_size * run.optim.epochs * per_example


_ONE_CONFIGURATION = "describe the runs and prepare the inputs from one configuration"


def _require_data(runs: Sequence[RunConfig], inputs: Inputs) -> None:
    corpus = inputs.corpus
    vectors = inputs.reference.fingerprint if inputs.reference else None
    for run in runs:
        if (run.task, run.folds) != (corpus.task, corpus.folds):
            raise UserError(
                f"run {run.key} has task={run.task} and data.folds={run.folds}, the inputs "
                f"task={corpus.task} and data.folds={corpus.folds}",
                _ONE_CONFIGURATION,
            )
        if STARTS[run.embed].needs_vectors and vectors is None:
            raise UserError(
                f"an arm with embed={run.embed}, and no word vectors in the inputs",
                "prepare them with embed.path=FILE, or leave that arm out",
            )
        there = fingerprint_of(run.spec.view(run.model_keys).features, corpus)
        if (run.data, run.vectors) != (there, vectors):
            raise UserError(
                f"run {run.key} is on data {run.data} and vectors {run.vectors}, the inputs are "
                f"{there} and {vectors}",
                _ONE_CONFIGURATION,
            )
    for size in sorted({run.train_size for run in runs}):
        seeds = {run.seed for run in runs if run.train_size == size}
        corpus.check_training_size(size, seeds)


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, RunError | UserError) else f"{type(error).__name__}: {text}"
