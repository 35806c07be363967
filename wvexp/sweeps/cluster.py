"""The same runs on other machines: Ray (`dispatch=ray`) or SLURM through submitit (`=slurm`).

Runs travel in groups, because starting a task costs more than a small run. Data and vectors are
placed once. Results come back to the process that began the sweep, which alone writes.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from wvexp.config.plugins import load_plugins, loaded_plugins
from wvexp.errors import RunError, UserError
from wvexp.experiment.inputs import Inputs
from wvexp.sweeps.run import Dispatch, TrainOne, cost
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult

Outcome = RunResult | Exception
# Estimated seconds of work in one task.
_RAY_SECONDS = 3.0
_SLURM_SECONDS = 120.0
_RETRIES = 3
_POLL_SECONDS = 0.5
_CONNECT_SECONDS = 5.0


class Cluster(Protocol):
    """Somewhere that takes groups of runs."""

    def submit(self, group: list[RunConfig]) -> Any: ...
    def ready(self, tasks: Iterable[Any]) -> list[Any]:
        """Those that have ended; waits a moment for one."""
        ...

    def outcomes(self, task: Any) -> list[Outcome]:
        """What became of each run; raises where the task as a whole was lost."""
        ...

    def cancel(self, tasks: Iterable[Any]) -> None: ...
    def close(self) -> None: ...


def on_ray() -> Dispatch:
    """Dispatch to the Ray cluster that `RAY_ADDRESS` names, or to a Ray started on this machine.

    A cluster that happens to run here is joined with `RAY_ADDRESS=auto`, never by accident.
    """
    return _dispatch(_Ray, _RAY_SECONDS)


def on_slurm(folder: Path = Path("runs/slurm"), cluster: str = "slurm") -> Dispatch:
    """Dispatch to SLURM; partition, account and time limit come from `SBATCH_*` variables.

    Parameters
    ----------
    folder
        Where submitit keeps its files, seen by all nodes.
    cluster
        `slurm`, or `local` for processes on this machine.
    """
    return _dispatch(
        lambda train_one, inputs: _Slurm(train_one, inputs, folder, cluster), _SLURM_SECONDS
    )


def grouped(runs: Sequence[RunConfig], seconds: float) -> list[list[RunConfig]]:
    """The runs in their order, in groups of about this many seconds of work."""
    groups: list[list[RunConfig]] = []
    room = 0.0
    for run in runs:
        if room <= 0:
            groups.append([])
            room = seconds
        groups[-1].append(run)
        room -= cost(run)
    return groups


def train_group(train_one: TrainOne, group: list[RunConfig], inputs: Inputs) -> list[Outcome]:
    """Train the runs of a group, on whichever machine this is called.

    A run that cannot be finished is an outcome, as it would fail again; anything else, such as a
    full disk or too little memory, is the machine's fault and is raised, to be tried elsewhere.
    """
    outcomes: list[Outcome] = []
    for run in group:
        try:
            outcomes.append(train_one(run, inputs, threading.Event()))
        except (RunError, UserError, ArithmeticError, ValueError) as error:
            outcomes.append(error)
    return outcomes


@dataclass(frozen=True)
class WithPlugins:
    """Trains one run on another machine, which must know what the run names: files are shared."""

    train_one: TrainOne
    plugins: tuple[str, ...]

    def __call__(self, run: RunConfig, inputs: Inputs, stop: threading.Event) -> RunResult:
        load_plugins(self.plugins)
        return self.train_one(run, inputs, stop)


def _dispatch(connect: Callable[[TrainOne, Inputs], Cluster], seconds: float) -> Dispatch:
    def dispatch(
        train_one: TrainOne,
        runs: Sequence[RunConfig],
        inputs: Inputs,
        report: Callable[[RunConfig, Outcome], None],
        begin: Callable[[RunConfig], None],
        stop: threading.Event,
    ) -> None:
        cluster = connect(WithPlugins(train_one, loaded_plugins()), inputs)
        pending: dict[Any, list[RunConfig]] = {}
        try:
            for group in grouped(runs, seconds):
                pending[cluster.submit(group)] = group
            while pending and not stop.is_set():
                for task in cluster.ready(pending):
                    group = pending.pop(task)
                    try:
                        outcomes = cluster.outcomes(task)
                    except Exception as error:
                        if len(group) > 1:  # one of them broke it: each on its own
                            pending.update({cluster.submit([run]): [run] for run in group})
                            continue
                        outcomes = [error]
                    for run, outcome in zip(group, outcomes, strict=True):
                        begin(run)
                        report(run, outcome)
        finally:
            cluster.cancel(pending)
            cluster.close()

    return dispatch


class _Ray:
    def __init__(self, train_one: TrainOne, inputs: Inputs) -> None:
        self.ray = ray = _require("ray")
        self.started = not ray.is_initialized()
        if self.started:
            _connect_ray(ray)
        self.task = ray.remote(train_group).options(
            num_cpus=1, max_retries=_RETRIES, retry_exceptions=True
        )
        self.train_one, self.inputs = train_one, ray.put(inputs)

    def submit(self, group: list[RunConfig]) -> Any:
        return self.task.remote(self.train_one, group, self.inputs)

    def ready(self, tasks: Iterable[Any]) -> list[Any]:
        ended: list[Any] = self.ray.wait(list(tasks), num_returns=1, timeout=_POLL_SECONDS)[0]
        return ended

    def outcomes(self, task: Any) -> list[Outcome]:
        outcomes: list[Outcome] = self.ray.get(task)
        return outcomes

    def cancel(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.ray.cancel(task, force=True)

    def close(self) -> None:
        if self.started:
            self.ray.shutdown()


def _connect_ray(ray: Any) -> None:
    address = os.environ.get("RAY_ADDRESS") or "local"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"address": address, "log_to_driver": False}
    if address == "local":
        options |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        _require_answer(address)
        ray.init(**options)
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f"dispatch=ray: RAY_ADDRESS={address}: {first}",
            "start the cluster, give its address, or unset RAY_ADDRESS to compute here",
        ) from error


def _require_answer(address: str) -> None:
    """OSError where nobody listens; Ray itself tries for two minutes, deaf to Ctrl-C."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS):
            pass


class _Slurm:
    def __init__(self, train_one: TrainOne, inputs: Inputs, folder: Path, cluster: str) -> None:
        submitit = _require("submitit")
        from submitit.core.utils import cloudpickle_dump

        try:
            self.executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
        except RuntimeError as error:
            raise UserError(f"dispatch=slurm: {error}", "run it where sbatch is") from error
        self.executor.update_parameters(cpus_per_task=1, timeout_min=60, name="wvexp")
        self.train_one = train_one
        self.inputs = folder / f"inputs-{os.getpid()}-{time.time_ns()}.pkl"
        cloudpickle_dump(inputs, self.inputs)

    def submit(self, group: list[RunConfig]) -> Any:
        return self.executor.submit(_train_group_from, self.train_one, group, self.inputs)

    def ready(self, tasks: Iterable[Any]) -> list[Any]:
        ended = [task for task in tasks if task.done()]
        if not ended:
            time.sleep(_POLL_SECONDS)
        return ended

    def outcomes(self, task: Any) -> list[Outcome]:
        outcomes: list[Outcome] = task.result()
        return outcomes

    def cancel(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            task.cancel()

    def close(self) -> None:
        self.inputs.unlink(missing_ok=True)


def _train_group_from(train_one: TrainOne, group: list[RunConfig], inputs: Path) -> list[Outcome]:
    from submitit.core.utils import pickle_load

    return train_group(train_one, group, pickle_load(inputs))


def _require(library: str) -> Any:
    from importlib import import_module

    extra = {"submitit": "slurm"}.get(library, library)
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        raise UserError(
            f"dispatch={extra} needs {library}", f"pip install 'wvexp[{extra}]'"
        ) from error
