"""What is looked at before the first run of a sweep, so that nothing fails in the middle of it."""

from collections.abc import Iterable
from pathlib import Path

from wvexp.config.schema import Config
from wvexp.config.vector_files import each_file, has_several
from wvexp.data.folds import of_fold
from wvexp.errors import UserError
from wvexp.experiment.inputs import Inputs
from wvexp.files import check_place
from wvexp.metrics import check_metric_for_task, scorer_of
from wvexp.models import AUTO, MODELS, check_model_for_task
from wvexp.training.identity import RunConfig


def check_sweep(config: Config) -> None:
    """Raises UserError for what makes sense for one run alone, and for a report with no place."""
    if config.out:
        raise UserError(
            f"out={config.out}: the runs of a sweep cannot share one folder", "leave out= out"
        )
    if config.device not in ("auto", "cpu"):
        raise UserError(f"device={config.device}: sweeps run on the CPU", "take device=cpu")
    if config.workers is not None and config.dispatch != "local":
        raise UserError(
            f"workers={config.workers} are threads of this machine, the runs go to "
            f"dispatch={config.dispatch}",
            "leave it out",
        )
    _check_budget(config)
    alone = not config.grid.given and config.data.cross_fit is None and config.dispatch == "local"
    _check_parity(config, watched=alone and config.engine == "autograd")
    if config.report:
        check_place(f"report={config.report}", Path(config.report))


def check_single(config: Config) -> None:
    """Raises UserError for what means something for a sweep alone."""
    if has_several(config):
        raise UserError(
            f"{len(each_file(config))} files of vectors: a run has one",
            "sweep over them: experiment=guidance, or a list such as grid.finetune=[false,true]",
        )
    for name in ("report", "workers"):
        if getattr(config, name) is not None:
            raise UserError(
                f"{name}={getattr(config, name)} means nothing for one run",
                "leave it out, or sweep: experiment=guidance",
            )
    if config.dispatch != "local":
        raise UserError(
            f"dispatch={config.dispatch} means nothing for one run",
            "leave it out, or sweep with -m",
        )
    _check_budget(config)
    _check_parity(config, watched=config.engine != "handwritten")


def check_fit(config: Config, inputs: Inputs) -> None:
    """Raises UserError where the task of the data has not the models or the metric asked for."""
    for name in config.grid.model or [config.model.name]:
        check_model_for_task(name, inputs.corpus.task)
    check_metric_for_task(config.metric, inputs.corpus.task)


def check_scorable(runs: Iterable[RunConfig], inputs: Inputs) -> None:
    """Raises UserError where the metric cannot be taken on a validation or test split of the runs.

    A rare entity may be in no sentence of a small part.
    """
    corpus = inputs.corpus
    drawn = {(run.metric, *((run.seed, run.fold) if run.folds else (0, None))) for run in runs}
    for metric, seed, fold in sorted(drawn, key=repr):
        parts = of_fold(corpus, seed, fold)
        try:
            for name in ("validation", "test"):
                split = getattr(parts, name)
                scorer_of(metric, split, corpus.label_names, name, corpus.unseen_labels)
        except UserError as error:
            if fold is None:
                raise
            raise UserError(
                f"data.folds={corpus.folds} at seed={seed}, fold {fold}: {error}",
                "or give fewer folds",
            ) from error


def _check_parity(config: Config, *, watched: bool) -> None:
    """Raises UserError where nobody checks the gradients while the runs train.

    Some models have none by hand; the hand-written engine is checked before a sweep begins.
    """
    alone = config.model.name != AUTO and MODELS[config.model.name].by_hand is None
    if config.parity.every is not None and (alone or not watched):
        names = " or ".join(spec.name for spec in MODELS if spec.by_hand)
        raise UserError(
            f"parity.every={config.parity.every} means nothing here: runs with engine=autograd and "
            f"model={names} are watched, one by one or with -m",
            "leave it out",
        )


def _check_budget(config: Config) -> None:
    """Raises UserError for what `decide.py` alone reads."""
    if config.budget is not None:
        raise UserError(
            f"budget={config.budget} means nothing to train.py", "leave it out, or ask decide.py"
        )
