"""The engine that a run asks for."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from wvexp.config.checks import check_engine
from wvexp.machine import one_blas_thread
from wvexp.models.draw import draw_weights
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.tasks import TASKS
from wvexp.training.dropout import Dropout
from wvexp.training.engine import Engine
from wvexp.training.identity import RunConfig
from wvexp.training.settings import Settings
from wvexp.vectors.table import EmbeddingTable


def make_engine(
    run: RunConfig,
    table: EmbeddingTable,
    trainable: NDArray[np.bool_],
    label_names: Sequence[str],
    device: str,
) -> Engine:
    """The engine of a run, its network drawn from the run's `init` stream.

    Raises
    ------
    UserError
        The hand-written engine is asked for a model, a rule or a device that it does not have.
    """
    check_engine(run.engine, run.model.name, run.optim.name, device)
    spec, keys = run.spec, run.model_keys
    init, d, classes = stream(run.seed, "init"), table.rows.shape[1], len(label_names)
    settings = settings_of(run, d, label_names)
    if run.engine == "handwritten":
        return _by_hand(run, table, trainable, classes, settings)

    import torch

    from wvexp.training.autograd import AutogradEngine

    # Two threads in one small product cost more than they save, and change the last bits.
    torch.set_num_threads(1)
    one_blas_thread()
    module = spec.build(table.rows, classes, keys, init)
    return AutogradEngine(module, trainable, classes, settings, device)


def settings_of(run: RunConfig, d: int, label_names: Sequence[str]) -> Settings:
    """How the run trains, with word vectors of `d` dimensions."""
    spec, keys, optim = run.spec, run.model_keys, run.optim
    return Settings(
        kind=TASKS[run.task],
        rule=RULES[optim.name],
        lr=optim.lr,
        row_lr=optim.lr * run.tuning.lr_scale,
        dropout=Dropout(getattr(keys, "dropout", 0.0), partial(spec.mask_shape, d=d, keys=keys)),
        l2=optim.l2,
        anchor=run.tuning.anchor,
        most=spec.most(keys),
        moves=spec.moves(keys, label_names),
    )


def _by_hand(
    run: RunConfig,
    table: EmbeddingTable,
    trainable: NDArray[np.bool_],
    classes: int,
    settings: Settings,
) -> Engine:
    spec, keys, by_hand = run.spec, run.model_keys, run.spec.by_hand
    assert by_hand is not None  # `check_engine` refuses the others
    from wvexp.training.handwritten import HandwrittenEngine

    network = draw_weights(
        spec.shapes(table.rows.shape[1], classes, keys), stream(run.seed, "init")
    )
    return HandwrittenEngine(network, table, trainable, spec.view(keys).window, settings)
