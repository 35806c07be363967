"""Jobs of a `-m` command line: grouped by what they read, trained in the pool, a folder per job."""

import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from wvexp.config.compose import Job
from wvexp.config.vector_files import has_several
from wvexp.errors import UserError
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import Inputs, prepare
from wvexp.experiment.run import tell_of_data, train_into
from wvexp.results.folder import remove_abandoned, run_folder
from wvexp.results.store import Store
from wvexp.sweeps.checks import check_fit, check_scorable, check_sweep
from wvexp.sweeps.planning import dispatch_of, raise_failures
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import SweepOutcome, TrainOne, run_sweep
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult
from wvexp.vectors.initial import RANDOM


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
        config = job.config
        if has_several(config):
            raise UserError(
                "a list of vector files with -m: each job has one",
                "part them by a comma, without brackets",
            )
        if config.grid.given or config.search.trials is not None or config.large.tokens is not None:
            raise UserError(
                "-m with an experiment that is a sweep itself", "leave -m out: the grid says it all"
            )
        for name, value in (("data.folds", config.data.cross_fit), ("report", config.report)):
            if value is not None:
                raise UserError(
                    f"{name}={value} with -m: a job is one run with a folder of its own",
                    "give the lists as grid.*, without -m",
                )
        check_sweep(config)
    for name in ("dispatch", "workers"):
        values = list(dict.fromkeys(str(getattr(job.config, name)) for job in jobs))
        if len(values) > 1:
            raise UserError(
                f"{name}={','.join(values)} with -m: all jobs are trained in one place",
                f"give one {name}",
            )
    dry = any(job.config.dry_run for job in jobs)
    if not dry:
        _remove_abandoned_sweeps(jobs)
    groups = [_Group(alike) for alike in _by_inputs(jobs)]  # all checked before any is trained
    if dry:
        return
    for group in groups:
        group.open_store()
    raise_failures(SweepOutcome.total(group.run() for group in groups))


def _remove_abandoned_sweeps(jobs: Sequence[Job]) -> None:
    """Clear what killed sweeps have left: each has a folder of its own, so nobody else does."""
    for sweeps in {job.folder.absolute().parents[2] for job in jobs}:
        if sweeps.name == "sweeps":  # runs/sweeps/DATE/TIME/JOB, and nowhere else
            for earlier in sweeps.glob("*/*/"):
                remove_abandoned(earlier)


def _by_inputs(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs that read the same data and vectors and write to the same results file."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        config = job.config
        reads = [asdict(config.data), asdict(replace(config.embed, kind=RANDOM.name)), config.store]
        groups.setdefault(repr(reads), []).append(job)
    return list(groups.values())


class _Group:
    """Jobs that share their inputs."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.config = jobs[0].config
        self.inputs = prepare(self.config)
        tell_of_data(self.config, self.inputs, Console(highlight=False))
        for job in jobs:
            check_fit(job.config, self.inputs)
        self.runs = [describe_run(job.config, self.inputs, sweeping=True) for job in jobs]
        check_scorable(self.runs, self.inputs)
        self.by_key: dict[str, Job] = {}
        for run, job in zip(self.runs, jobs, strict=True):
            self.by_key.setdefault(run.key, job)

    def open_store(self) -> None:
        """The results file, made where there is none."""
        self.store = Store(Path(self.config.store).expanduser())

    def run(self) -> SweepOutcome:
        console = Console(highlight=False)
        if len(self.by_key) < len(self.runs):
            console.print(
                f"{len(self.runs):,} jobs are {len(self.by_key):,} runs: jobs that differ in "
                "nothing that their run depends on have one folder, the first's",
                soft_wrap=True,
            )
        return run_sweep(
            self.runs,
            self.inputs,
            self.store,
            progress=LiveSweep(console),
            dispatch=dispatch_of(self.config),
            # Other machines have no folders to fill here: they send rows.
            train_one=_into_folders(self.by_key) if self.config.dispatch == "local" else None,
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
