"""What every kind of sweep takes from its configuration: the runs, where they go, what failed."""

from wvexp.config.schema import Config
from wvexp.config.treatments import arms_of
from wvexp.errors import RunError
from wvexp.experiment.describe import describe_run, full_size, seeds_of
from wvexp.experiment.inputs import Inputs
from wvexp.sweeps.grid import Grid, size_ladder
from wvexp.sweeps.run import Dispatch, SweepOutcome, threads


def grid_of(config: Config, inputs: Inputs) -> Grid:
    """The grid of a configuration: `grid.*` where given, the single values elsewhere."""
    axes, seeds = config.grid, seeds_of(config)
    base = describe_run(config, inputs, sweeping=True)
    sizes = axes.train_size or [base.train_size]
    if axes.ladder:
        sizes = size_ladder(full_size(inputs.corpus, seeds), axes.ladder)
    for size in sizes:
        inputs.corpus.check_training_size(size, seeds)
    return Grid(
        arms=arms_of(config),
        sizes=sizes,
        seeds=seeds,
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
    return threads(config.workers)


def raise_failures(outcome: SweepOutcome) -> None:
    """Raises RunError where runs failed; the list of them has been printed."""
    if outcome.failed:
        total = outcome.done + outcome.skipped + len(outcome.failed)
        raise RunError(f"{len(outcome.failed)} of {total} runs failed; run again to try them again")
