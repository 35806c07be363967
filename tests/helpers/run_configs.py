"""A run for tests that need one; what matters to a test, the test says."""

from dataclasses import replace

from stored_runs import stored_run

from wvexp.arms import Tuning
from wvexp.config.schema import Model, Optim
from wvexp.training.identity import RunConfig

_RUN = RunConfig(
    task="token",
    embed="pretrained",
    dim=5,
    finetune=True,
    tuning=Tuning(),
    model=Model(name="window"),
    optim=Optim(),
    metric="accuracy",
    train_size=100,
    seed=0,
    engine="handwritten",
    data="d",
    vectors="v",
)


def make_run(**changes):
    return replace(_RUN, **changes)


def stored_row(run, validation):
    """The run as a progress is told that a results file has it."""
    return stored_run(
        arm=run.arm,
        model=run.model.name,
        train_size=run.train_size,
        lr=run.optim.lr,
        metric={"name": run.metric, "validation": validation, "test": validation},
    )
