"""From a configuration to a sweep: `experiment=NAME` at the terminal, `wvexp.sweep` in Python."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from wvexp.config.compose import compose
from wvexp.config.schema import Config
from wvexp.config.vector_files import each_file
from wvexp.errors import UserError
from wvexp.experiment.inputs import Inputs, prepare_all
from wvexp.experiment.run import run_experiment, tell_of_data
from wvexp.printable import printable
from wvexp.report.store_report import print_scores, write_store_report
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.sweeps.checks import check_fit, check_scorable, check_single, check_sweep
from wvexp.sweeps.grid import Grid
from wvexp.sweeps.planning import dispatch_of, grid_of, raise_failures
from wvexp.sweeps.pool import thread_count
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import SweepOutcome, run_sweep


def run_config(config: Config) -> None:
    """What `train.py` does: one run, or the sweep that the configuration describes."""
    if config.large.tokens is not None:
        from wvexp.sweeps.large import run_large

        run_large(config)
    elif config.search.trials is not None:
        from wvexp.sweeps.search import run_search

        run_search(config)
    elif describes_grid(config):
        raise_failures(sweep_grid(config))
    else:
        check_single(config)
        run_experiment(config)


def describes_grid(config: Config) -> bool:
    """Whether the configuration is a sweep without a word of `-m`, and no search or stream."""
    special = config.large.tokens is not None or config.search.trials is not None
    return not special and (config.grid.given or config.data.cross_fit is not None)


def sweep(
    what: Grid | str | Sequence[str],
    *,
    inputs: Inputs | None = None,
    store: str | Path | None = None,
    workers: int | None = None,
) -> SweepOutcome:
    """Train the runs of a grid that the results file does not hold yet.

        wvexp.sweep("guidance")
        wvexp.sweep(["experiment=guidance", "data=files", "data.train=train.csv", ...])
        wvexp.sweep(Grid(FOUR_ARMS, [100, 1000], range(10), [1e-3], base), inputs=inputs)

    A name and overrides do what `train.py` does with them: every model and fold, the scores
    printed, and the report.

    Parameters
    ----------
    what
        The name of an experiment, overrides as on the command line, or a `Grid`.
    inputs
        With a `Grid`: the data and vectors that `wvexp.experiment.inputs.prepare` read for it.
    store
        Results file, in the place of the configured one (`runs/results.sqlite`).
    workers
        Threads; the configured number when None, one per core when that is None too.

    Raises
    ------
    UserError, RunError
        As `wvexp.sweeps.run.run_sweep`; runs that fail are in the outcome.
    """
    if isinstance(what, Grid):
        if inputs is None:
            raise UserError(
                "a Grid needs its inputs", "give inputs=prepare(config), of wvexp.experiment.inputs"
            )
        runs = what.runs()
        check_scorable(runs, inputs)
        path = Path(Config().store if store is None else store).expanduser()
        return run_sweep(runs, inputs, Store(path), workers=workers)
    config = compose([f"experiment={what}"] if isinstance(what, str) else list(what))
    if not describes_grid(config):
        raise UserError(f"{what} describes no grid", "give grid.* or experiment=guidance")
    if store is not None:
        config = replace(config, store=str(store))
    if workers is not None:
        config = replace(config, workers=thread_count(workers))
    return sweep_grid(config, inputs)


def sweep_grid(config: Config, inputs: Inputs | None = None) -> SweepOutcome:
    """Train the grid of `grid.*`, print its scores, and write the report if one is wanted.

    Everything that can be known to be wrong is refused before the first run.
    """
    check_sweep(config)
    console = Console(highlight=False)
    files = dict(each_file(config))
    read = [(next(iter(files)), inputs)] if inputs else prepare_all(config)
    swept = [_OneFile(files[name], one, name if len(read) > 1 else None) for name, one in read]
    for one in swept:
        one.tell(console)
    if config.dry_run:
        return SweepOutcome(0, 0, ())
    store = Store(Path(config.store).expanduser())
    return SweepOutcome.total([one.train(store, console) for one in swept])


class _OneFile:
    """The runs with one file of vectors; `name` it where there are several."""

    def __init__(self, config: Config, inputs: Inputs, name: str | None) -> None:
        self.config, self.inputs, self.name = config, inputs, name
        check_fit(config, inputs)
        self.runs = [run for one in _models(config) for run in grid_of(one, inputs).runs()]
        check_scorable(self.runs, inputs)

    def tell(self, console: Console) -> None:
        self._head(console)
        tell_of_data(self.config, self.inputs, console)

    def train(self, store: Store, console: Console) -> SweepOutcome:
        """Train them, print the scores of each model, and write its report if one is wanted."""
        self._head(console)
        progress, dispatch = LiveSweep(console), dispatch_of(self.config)
        outcome = run_sweep(self.runs, self.inputs, store, progress=progress, dispatch=dispatch)
        models = {run.condition: run.model.name for run in self.runs}
        for condition, model in models.items():
            if not CrossFitted(store).runs(condition=condition):
                continue  # not one run, or none with all its folds: the failures say why
            if len(models) > 1:
                console.print(f"model={model}")
            print_scores(console, store, condition)
            if self.config.report:
                page = Path(self.config.report)
                stem = "-".join(filter(None, (page.stem, self.name, condition[:8])))
                page, margin = page.with_name(stem + page.suffix), self.config.margin
                print(printable(write_store_report(store.path, page, condition, margin)))
        return outcome

    def _head(self, console: Console) -> None:
        if self.name is not None:
            console.print(printable(f"vectors={self.name}"), markup=False, soft_wrap=True)


def _models(config: Config) -> list[Config]:
    """The configuration once for every model of its grid."""
    names = config.grid.model or [config.model.name]
    return [replace(config, model=replace(config.model, name=name)) for name in names]
