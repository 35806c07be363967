"""From a configuration to a sweep: `experiment=NAME` at the terminal, `wvexp.sweep` in Python."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from wvexp.compose import compose
from wvexp.config import Config, Tuning
from wvexp.errors import RunError, UserError
from wvexp.experiment import describe_run, run_experiment, warn_of_leakage
from wvexp.inputs import Inputs, prepare
from wvexp.reporting import print_scores, write_store_report
from wvexp.results.store import Store
from wvexp.sweeps.grid import Arm, Grid, size_ladder
from wvexp.sweeps.pool import default_workers
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import Dispatch, SweepOutcome, run_sweep, threads


def run_config(config: Config) -> None:
    """What `train.py` does: one run, or the sweep that the configuration describes."""
    if config.large.tokens:
        from wvexp.sweeps.large import run_large

        run_large(config)
    elif config.search.trials:
        from wvexp.sweeps.search import run_search

        run_search(config)
    elif config.grid.given or config.data.folds:
        run_grids(config)
    else:
        run_experiment(config)


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

    Parameters
    ----------
    what
        The name of an experiment, overrides as on the command line, or a `Grid`.
    inputs
        With a `Grid`: the data and vectors that `wvexp.inputs.prepare` read for it.
    store
        Results file, in the place of the configured one (`runs/results.sqlite`).
    workers
        Threads; one a core when None.

    Raises
    ------
    UserError, RunError
        As `wvexp.sweeps.run.run_sweep`; runs that fail are in the outcome.
    """
    if isinstance(what, Grid):
        if inputs is None:
            raise UserError("a Grid needs its inputs", "give inputs=wvexp.inputs.prepare(config)")
        path = Path(store or Config().store)
        return run_sweep(
            what.runs(), inputs, Store(path.expanduser()), workers=workers or default_workers()
        )
    config = compose([f"experiment={what}"] if isinstance(what, str) else list(what))
    if not config.grid.given or config.large.tokens or config.search.trials:
        raise UserError(f"{what} describes no grid", "give grid.* or experiment=guidance")
    if store is not None:
        config = replace(config, store=str(store))
    return run_grid(replace(config, workers=workers or config.workers), inputs)


def run_grids(config: Config) -> None:
    """Train the grid for each of its models; print its scores, and write the report if wanted."""
    check_sweep(config)
    inputs = prepare(config)
    console = Console(highlight=False)
    outcomes = []
    for name in config.grid.model or [config.model.name]:
        one = replace(config, model=replace(config.model, name=name))
        outcomes.append(run_grid(one, inputs))
        condition = describe_run(one, inputs, sweeping=True).condition
        if outcomes[-1].done + outcomes[-1].skipped:
            print_scores(console, Store(Path(config.store).expanduser()), condition)
        if config.report:
            page = Path(config.report)
            page = page.with_name(f"{page.stem}-{condition[:8]}{page.suffix}")
            print(write_store_report(Path(config.store), page, condition, config.margin))
    for outcome in outcomes:
        raise_failures(outcome)


def run_grid(config: Config, inputs: Inputs | None = None) -> SweepOutcome:
    """Train the grid that `grid.*` describes, with a live view on the terminal."""
    check_sweep(config)
    inputs = inputs or prepare(config)
    runs = grid_of(config, inputs).runs()
    warn_of_leakage(config, inputs)
    return run_sweep(
        runs,
        inputs,
        Store(Path(config.store).expanduser()),
        progress=LiveSweep(Console(highlight=False)),
        dispatch=dispatch_of(config),
    )


def grid_of(config: Config, inputs: Inputs) -> Grid:
    """The grid of a configuration: `grid.*` where given, the single values elsewhere."""
    axes = config.grid
    base = describe_run(config, inputs, sweeping=True)
    sizes = axes.train_size or [base.train_size]
    if axes.ladder:
        sizes = size_ladder(inputs.corpus.available, axes.ladder)
    for size in sizes:
        inputs.corpus.check_training_size(size)
    return Grid(
        arms=[
            Arm(embed, finetune, config.tuning if finetune else Tuning())
            for embed in axes.embed or [config.embed.kind]
            for finetune in axes.finetune or [config.finetune]
        ],
        sizes=sizes,
        seeds=axes.seed or [config.seed],
        lrs=axes.lr or [config.optim.lr],
        base=base,
    )


def dispatch_of(config: Config) -> Dispatch:
    """Where the configuration wants its runs trained."""
    if config.dispatch == "ray":
        from wvexp.sweeps.cluster import on_ray

        return on_ray()
    if config.dispatch == "slurm":
        from wvexp.sweeps.cluster import on_slurm

        return on_slurm()
    return threads(config.workers or default_workers())


def check_sweep(config: Config) -> None:
    """Raises UserError for what makes sense for one run alone."""
    if config.out:
        raise UserError(
            f"out={config.out}: the runs of a sweep cannot share one folder", "leave out= out"
        )
    if config.device not in ("auto", "cpu"):
        raise UserError(f"device={config.device}: sweeps run on the CPU", "take device=cpu")


def raise_failures(outcome: SweepOutcome) -> None:
    """Raises RunError where runs failed; the list of them has been printed."""
    if outcome.failed:
        total = outcome.done + outcome.skipped + len(outcome.failed)
        raise RunError(f"{len(outcome.failed)} of {total} runs failed; run again to try them again")
