"""The engine that a run asks for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.config.checks import check_engine
from wvexp.machine import one_blas_thread
from wvexp.seeds import stream
from wvexp.training.engine import Engine
from wvexp.training.identity import RunConfig
from wvexp.vectors.table import EmbeddingTable


def make_engine(
    run: RunConfig,
    table: EmbeddingTable,
    movable: NDArray[np.bool_],
    classes: int,
    device: str,
) -> Engine:
    """The engine of a run, its network drawn from the run's `init` stream.

    Raises
    ------
    UserError
        The hand-written engine is asked for a model or a device that it does not have.
    """
    model, optim = run.model, run.optim
    check_engine(run.engine, model.name, device)
    init = stream(run.seed, "init")
    training: dict[str, Any] = {
        "optimizer": optim.name,
        "lr": optim.lr,
        "row_lr": optim.lr * run.tuning.lr_scale,
        "dropout": model.dropout,
        "l2": optim.l2,
        "anchor": run.tuning.anchor,
    }
    if run.engine == "handwritten":
        from wvexp.models.draw import draw_weights, head_shapes
        from wvexp.training.handwritten import HandwrittenEngine

        window = model.window if model.name == "window" else None
        features = table.rows.shape[1] * (window or 1)
        network = draw_weights(head_shapes(features, model.hidden, classes), init)
        return HandwrittenEngine(network, table, movable, window, **training)

    import torch

    from wvexp.models.build import build_model, draw_network
    from wvexp.training.autograd import AutogradEngine

    # Two threads in one small product cost more than they save, and change the last bits.
    torch.set_num_threads(1)
    one_blas_thread()
    module = build_model(
        model.name,
        table.rows,
        classes,
        window=model.window,
        hidden=model.hidden,
        widths=model.widths,
        filters=model.filters,
    )
    draw_network(module, init)
    return AutogradEngine(module, movable, device=device, **training)
