"""`experiment=search`: Optuna proposes, the sweep answers; the same number of tries for each arm.

Ask and tell in batches: the runs of a batch are one sweep, so they are pooled, stored and resumed
as any other. The studies live in a SQLite file of their own, one for each arm and condition.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from wvexp.config.schema import Config
from wvexp.errors import UserError
from wvexp.experiment.inputs import Inputs, prepare
from wvexp.experiment.run import tell_of_data
from wvexp.results.store import Store
from wvexp.seeds import stream
from wvexp.sweeps.checks import check_scorable, check_sweep
from wvexp.sweeps.planning import dispatch_of, grid_of, raise_failures
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import SweepOutcome, run_sweep
from wvexp.training.identity import RunConfig


def run_search(config: Config) -> None:
    """Search learning rate, dropout and the rows' own rate for every arm of the grid."""
    check_sweep(config)
    optuna = _optuna()
    console = Console(highlight=False)
    inputs = prepare(config)
    table = Table("arm", "tries", "best validation", "settings", box=None)
    outcomes = []
    grid = grid_of(config, inputs)
    for name in ("train_size", "seed"):
        values = getattr(config.grid, name)
        if len(values) > 1:
            raise UserError(
                f"grid.{name}={values}: a search has one size and one seed",
                f"give grid.{name}=[{values[0]}]",
            )
    check_scorable(grid.runs(), inputs)
    tell_of_data(config, inputs, console)
    if config.dry_run:
        return
    store = Store(Path(config.store).expanduser())
    with _opened(optuna, Path(config.search.study).expanduser()) as storage:
        for arm in grid.arms:
            start = replace(grid, arms=[arm], lrs=[config.optim.lr]).runs()[0]
            study = optuna.create_study(
                study_name=_study_name(start),
                storage=storage,
                direction="maximize",
                load_if_exists=True,
            )
            # A study that goes on must not propose again what it has proposed.
            draws = stream(config.seed, "search", len(study.trials))
            study.sampler = optuna.samplers.TPESampler(seed=int(draws.integers(2**32)))
            outcomes += _search_arm(study, start, config, inputs, store, console)
            finished = [t for t in study.trials if t.state == optuna.trial.TrialState.COMPLETE]
            if finished:
                settings = "  ".join(f"{k}={v:.3g}" for k, v in study.best_params.items())
                table.add_row(start.arm, str(len(finished)), f"{study.best_value:.4f}", settings)
    console.print(table)
    raise_failures(SweepOutcome.total(outcomes))


def _search_arm(
    study: Any,
    start: RunConfig,
    config: Config,
    inputs: Inputs,
    store: Store,
    console: Console,
) -> list[SweepOutcome]:
    """Ask and tell until the study holds `search.trials` tries that have ended."""
    from optuna.trial import TrialState

    wanted = config.search.trials
    assert wanted is not None
    # A search that was cut off has asked without telling: those tries are void. None is of a living
    # one, as the file is ours.
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    outcomes = []
    while (left := wanted - len(study.get_trials(states=(TrialState.COMPLETE,)))) > 0:
        trials = [study.ask() for _ in range(min(left, config.search.batch))]
        runs = [suggest(start, trial) for trial in trials]
        outcome = run_sweep(
            runs,
            inputs,
            store,
            progress=LiveSweep(console),
            dispatch=dispatch_of(config),
        )
        outcomes.append(outcome)
        for trial, run in zip(trials, runs, strict=True):
            found = store.runs(key=run.key)
            if found:
                study.tell(trial, found[0].metric.validation)
            else:
                study.tell(trial, state=TrialState.FAIL)
        if len(outcome.failed) == len(trials):
            break  # every proposal fails: going on would never end
    return outcomes


def suggest(start: RunConfig, trial: Any) -> RunConfig:
    """The run that a trial proposes."""
    optim = replace(start.optim, lr=trial.suggest_float("optim.lr", 1e-4, 3e-2, log=True))
    model, tuning = start.model, start.tuning
    if "dropout" in start.spec.key_names:
        model = replace(model, dropout=trial.suggest_float("model.dropout", 0.0, 0.6, step=0.1))
    if start.moves_rows:
        scale = trial.suggest_float("tuning.lr_scale", 0.1, 10.0, log=True)
        tuning = replace(tuning, lr_scale=scale)
    return replace(start, optim=optim, model=model, tuning=tuning)


def _study_name(start: RunConfig) -> str:
    # The arm, and everything that the proposals do not change.
    plain = replace(
        start,
        optim=replace(start.optim, lr=1.0),
        model=replace(start.model, dropout=0.0),
    )
    return f"{start.arm}-{plain.key}"


@contextmanager
def _opened(optuna: Any, path: Path) -> Iterator[Any]:
    """Optuna's storage in the file, which is this search's alone until the block or the process
    ends."""
    _refuse_others_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file of its own: SQLite's locks on the study end with any descriptor of it.
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        _hold(lock, path)
        try:
            storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        except Exception as error:
            raise _unusable(path, error) from error
        yield storage
    finally:
        os.close(lock)


def _hold(lock: int, path: Path) -> None:
    """Lock the open file; UserError where another search has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(
            f"search.study={path}: another search is at work on it",
            "wait for its end, or give another search.study=FILE",
        ) from error
    except OSError:
        pass  # a file system without locks


def _unusable(path: Path, error: Exception) -> UserError:
    first = str(error).strip().splitlines()[0]
    return UserError(f"search.study={path}: {first}", "give another file")


def _refuse_others_file(path: Path) -> None:
    """UserError for a database of something else, to which Optuna would add its tables."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in found}
    except sqlite3.Error as error:
        raise UserError(f"search.study={path}: {error}", "give another file") from error
    if tables and "studies" not in tables:
        raise UserError(
            f"search.study={path} is not a file of Optuna's, it holds "
            f"{', '.join(sorted(tables)[:3])}",
            "give another file",
        )


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise UserError("experiment=search needs optuna", "pip install 'wvexp[search]'") from error
    if int(optuna.__version__.partition(".")[0]) < 5:
        raise UserError(f"optuna {optuna.__version__} is too old", "pip install 'optuna>=5'")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
