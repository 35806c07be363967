"""Jobs of a `-m` command line: grouped by what they read, trained in the pool, a folder a job."""

import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from wvexp.compose import Job
from wvexp.config_checks import check_metric_for_task, check_model_for_task
from wvexp.errors import UserError
from wvexp.experiment import describe_run, train_into, warn_of_leakage
from wvexp.inputs import Inputs, prepare
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import SweepOutcome, TrainOne, run_sweep
from wvexp.sweeps.session import check_sweep, dispatch_of, raise_failures
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult


def run_jobs(jobs: Sequence[Job]) -> None:
    """Train the jobs whose runs the results file lacks; each leaves a folder as one run does.

    Raises
    ------
    UserError
        A job that is no single run, or cannot be one.
    RunError
        Runs failed; the others are done.
    """
    for job in jobs:
        check_sweep(job.config)
        if job.config.grid.given or job.config.search.trials or job.config.large.tokens:
            raise UserError(
                "-m with an experiment that is a sweep itself", "leave -m out: the grid says it all"
            )
        if job.config.data.folds:
            raise UserError(
                f"data.folds={job.config.data.folds} with -m: a job is one run, not one a fold",
                "give the lists as grid.*, without -m",
            )
    outcomes = [_run_group(group) for group in _by_inputs(jobs)]
    raise_failures(
        SweepOutcome(
            sum(outcome.done for outcome in outcomes),
            sum(outcome.skipped for outcome in outcomes),
            tuple(failure for outcome in outcomes for failure in outcome.failed),
        )
    )


def _by_inputs(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs that read the same data and vectors and write to the same results file."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        config = job.config
        reads = [asdict(config.data), asdict(replace(config.embed, kind="random")), config.store]
        groups.setdefault(repr(reads), []).append(job)
    return list(groups.values())


def _run_group(jobs: Sequence[Job]) -> SweepOutcome:
    config = jobs[0].config
    inputs = prepare(config)
    warn_of_leakage(config, inputs)
    for job in jobs:
        check_model_for_task(job.config.model.name, inputs.corpus.task)
        check_metric_for_task(job.config.metric, inputs.corpus.task)
    runs = [describe_run(job.config, inputs, sweeping=True) for job in jobs]
    by_key = {run.key: job for run, job in zip(runs, jobs, strict=True)}
    return run_sweep(
        runs,
        inputs,
        Store(Path(config.store).expanduser()),
        progress=LiveSweep(Console(highlight=False)),
        dispatch=dispatch_of(config),
        # Other machines have no folders to fill here: they send rows.
        train_one=_into_folders(by_key) if config.dispatch == "local" else None,
    )


def _into_folders(jobs: dict[str, Job]) -> TrainOne:
    def train_one(run: RunConfig, inputs: Inputs, stop: threading.Event) -> RunResult:
        job = jobs[run.key]
        with run_folder(None, run.arm, fresh=job.folder) as (scratch, _):
            return train_into(
                scratch,
                job.config,
                run,
                inputs,
                device="cpu",
                on_epoch=lambda epoch: None,
                should_stop=stop.is_set,
            )

    return train_one
