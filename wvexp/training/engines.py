"""The engine that a run asks for."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.projection import PROJECTION
from wvexp.config.checks import check_engine
from wvexp.machine import one_blas_thread
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.tasks import TASKS, TaskKind
from wvexp.training.dropout import Dropout
from wvexp.training.engine import Engine
from wvexp.training.identity import RunConfig
from wvexp.training.settings import Settings
from wvexp.vectors.table import EmbeddingTable


def make_engine(
    run: RunConfig,
    table: EmbeddingTable,
    trainable: NDArray[np.bool_],
    classes: int,
    device: str,
    moves: Any = None,
    kind: TaskKind | None = None,
) -> Engine:
    """The engine of a run, its network drawn from the run's `init` stream.

    classes: how many scores an example gets, `TaskKind.outputs`
    moves: which labels may follow each other, for a model with a CRF
    kind: as `TaskKind.fitted` makes it; that of the run's task where its loss takes nothing of data

    Raises
    ------
    UserError
        The hand-written engine is asked for a model, a rule or a device that it does not have.
    """
    check_engine(run.engine, run.model.name, run.optim.name, device)
    spec, keys = run.spec, run.model_keys
    settings = _settings(run, kind or TASKS[run.task], table.rows.shape[1], moves)
    if run.engine == "handwritten":
        return _by_hand(run, table, trainable, classes, settings)

    import torch

    from wvexp.training.autograd import AutogradEngine

    # Two threads in one small product cost more than they save, and change the last bits.
    torch.set_num_threads(1)
    one_blas_thread()
    module = spec.build(
        table.rows, classes, keys, stream(run.seed, "init"), mapped=run.tuning.mapped
    )
    return AutogradEngine(module, trainable, classes, settings, device)


def _settings(run: RunConfig, kind: TaskKind, d: int, moves: Any) -> Settings:
    """How the run trains, with word vectors of `d` dimensions."""
    spec, keys, optim = run.spec, run.model_keys, run.optim
    return Settings(
        kind=kind,
        rule=RULES[optim.name],
        lr=optim.lr,
        row_lr=optim.lr * run.tuning.lr_scale,
        dropout=Dropout(getattr(keys, "dropout", 0.0), partial(spec.mask_shape, d=d, keys=keys)),
        l2=optim.l2,
        anchor=run.tuning.anchor,
        clip=optim.clip,
        most=spec.most(keys),
        fixed=run.tuning.fixed(d),
        moves=moves,
    )


def _by_hand(
    run: RunConfig,
    table: EmbeddingTable,
    trainable: NDArray[np.bool_],
    classes: int,
    settings: Settings,
) -> Engine:
    """Whole steps compiled where the kernels have all that the run asks for; else by layers."""
    spec, keys, by_hand = run.spec, run.model_keys, run.spec.by_hand
    assert by_hand is not None  # `check_engine` refuses the others
    shapes = spec.shapes(table.rows.shape[1], classes, keys)
    network = spec.draw(shapes, stream(run.seed, "init"))
    if run.tuning.mapped:
        network[PROJECTION] = np.eye(table.rows.shape[1], dtype=np.float32)
    plain = (
        settings.clip is None
        and settings.most is None
        and settings.kind.usual_loss
        and run.tuning.usual
    )
    if plain and by_hand.compiled(keys):
        from wvexp.training.handwritten import HandwrittenEngine

        return HandwrittenEngine(network, table, trainable, spec.view(keys).window, settings)
    from wvexp.training.layered import LayeredEngine

    given: dict[str, Any] = {"l2": settings.l2, "anchor": settings.anchor}
    if settings.moves is not None:
        given["moves"] = settings.moves
    if settings.fixed:
        given["fixed"] = settings.fixed
    build = partial(by_hand.build, spec, keys, settings.kind, **given)
    names, tables = by_hand.names(network), spec.tables(keys)
    return LayeredEngine(build, names, network, tables, table, trainable, classes, settings)
