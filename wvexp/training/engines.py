"""The engine that a run asks for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.config.checks import check_engine
from wvexp.machine import one_blas_thread
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.tasks import TASKS
from wvexp.training.engine import Engine
from wvexp.training.identity import RunConfig
from wvexp.vectors.table import EmbeddingTable


def make_engine(
    run: RunConfig,
    table: EmbeddingTable,
    trainable: NDArray[np.bool_],
    classes: int,
    device: str,
) -> Engine:
    """The engine of a run, its network drawn from the run's `init` stream.

    Raises
    ------
    UserError
        The hand-written engine is asked for a model, a rule or a device that it does not have.
    """
    check_engine(run.engine, run.model.name, run.optim.name, device)
    spec, keys, optim = run.spec, run.model_keys, run.optim
    init = stream(run.seed, "init")
    d = table.rows.shape[1]
    dropout = getattr(keys, "dropout", 0.0)
    training: dict[str, Any] = {
        "rule": RULES[optim.name],
        "lr": optim.lr,
        "row_lr": optim.lr * run.tuning.lr_scale,
        "dropout": dropout,
        "l2": optim.l2,
        "anchor": run.tuning.anchor,
        "predict": TASKS[run.task].predict,
    }
    if run.engine == "handwritten":
        from wvexp.models.draw import draw_weights
        from wvexp.training.handwritten import HandwrittenEngine

        network = draw_weights(spec.shapes(d, classes, keys), init)
        return HandwrittenEngine(network, table, trainable, spec.window(keys), **training)

    import torch

    from wvexp.training.autograd import AutogradEngine

    # Two threads in one small product cost more than they save, and change the last bits.
    torch.set_num_threads(1)
    one_blas_thread()
    module = spec.build(table.rows, classes, keys, init)
    dropped = spec.dropped(d, keys) if dropout else 0
    return AutogradEngine(
        module, trainable, classes=classes, dropped=dropped, device=device, **training
    )
