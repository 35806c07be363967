"""The quickest engine: whole steps of window and mean models, compiled, on CPU.

It trains the run that `AutogradEngine` trains: same start, batches, dropout masks and update rules,
without importing torch.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.kernels import (
    Batches,
    Policy,
    State,
    layers,
    network_size,
    score_means,
    score_windows,
    train_steps,
)
from wvexp.errors import RunStopped
from wvexp.machine import one_blas_thread
from wvexp.models.draw import Parameters
from wvexp.training.engine import check_loss, check_rows, finite, never
from wvexp.training.examples import Examples
from wvexp.training.settings import Settings
from wvexp.vectors.table import EmbeddingTable

# Examples handed to the kernel at once: bounds what windows and masks take, whatever the data.
_CHUNK = 8192


class HandwrittenEngine:
    """Trains one window or mean model.

    Parameters
    ----------
    network
        Starting weights by name, as `draw_weights(head_shapes(...), rng)` gives them.
    table
        Word vectors. Rows up to `table.trained` are copied; the others are read where they are.
    trainable
        Mask [rows] of the rows that may move; none in a frozen arm.
    window
        Words in a window; None for the mean model.
    settings
        Of them it takes all but clipping and bounds.
    """

    def __init__(
        self,
        network: Parameters,
        table: EmbeddingTable,
        trainable: NDArray[np.bool_],
        window: int | None,
        settings: Settings,
    ) -> None:
        one_blas_thread_in_kernels()
        self.table, self.trainable = table, trainable[: table.trained].copy()
        self.window, self.settings = window or 0, settings
        self.features = table.rows.shape[1] * (window or 1)
        self.hidden = len(network["head.hidden.bias"]) if "head.hidden.bias" in network else 0
        self.classes = len(network["head.output.bias"])
        self.tuned = bool(trainable.any())
        self.without = np.empty((0, self.hidden or self.features), np.float32)

        E = table.rows[: table.trained].copy()
        flat = np.empty(network_size(self.features, self.hidden, self.classes), E.dtype)
        moments = E.shape if self.tuned else (0, E.shape[1])
        self.state = State(
            network=flat,
            first=np.zeros_like(flat),
            second=np.zeros_like(flat),
            E=E,
            # np.zeros takes no memory before it is written; np.zeros_like takes it at once.
            E_first=np.zeros(moments, E.dtype),
            E_second=np.zeros(moments, E.dtype),
            steps=np.zeros(2, dtype=np.int64),
        )
        self.restore(network)
        number = settings.rule.kernel
        assert number is not None  # `check_engine` refuses the others
        self.policy = Policy(
            rule=number,
            lr=settings.lr,
            row_lr=settings.row_lr,
            l2=settings.l2,
            anchor=settings.anchor,
            trainable=self.trainable,
            initial=E.copy() if settings.anchor else E,
            move_rows=self.tuned,
            hidden=self.hidden,
            classes=self.classes,
        )

    def train_epoch(
        self,
        examples: Examples,
        batch_size: int,
        order: NDArray[np.integer],
        rows: NDArray[np.int32],
        masks: np.random.Generator,
        *,
        move_rows: bool,
        should_stop: Callable[[], bool] = never,
    ) -> float:
        """As `Engine.train_epoch`; ValueError for a row outside the training vocabulary."""
        policy = self.policy._replace(move_rows=self.tuned and move_rows)
        check_rows(rows, self.table.trained)
        chunk = batch_size * max(1, _CHUNK // batch_size)
        total = 0.0
        for start in range(0, len(order), chunk):
            if should_stop():
                raise RunStopped
            chosen = order[start : start + chunk]
            # Windows are cut out here; sentences are read where they lie.
            sentences = chosen[:0] if self.window else chosen
            mask = self.settings.dropout.draw(len(chosen), len(chosen), masks)
            batches = Batches(
                tokens=examples.inputs(chosen, rows)[0].ravel() if self.window else rows,
                starts=examples.offsets[sentences],
                ends=examples.offsets[sentences + 1],
                labels=examples.labels[chosen],
                masks=self.without if mask is None else mask,
                window=self.window,
                size=batch_size,
            )
            total += train_steps(batches, self.state, policy)
        mean = total / -(-len(order) // batch_size)
        check_loss(mean, self.settings.kind, self.classes)
        return mean

    def predict(self, examples: Examples) -> NDArray[np.int64]:
        network = layers(self.state.network, self.features, self.hidden, self.classes)
        rows, words = examples.distinct
        first = np.searchsorted(rows, self.table.trained)
        E = np.concatenate([self.state.E[rows[:first]], self.table.rows[rows[first:]]])
        if self.window:
            scores = score_windows(E, words, examples.offsets, self.window, network)
        else:
            scores = score_means(E, words, examples.offsets, network)
        return self.settings.kind.predict(finite(scores))

    def parameters(self) -> Parameters:
        rows = self.table.rows
        if self.tuned:
            rows = np.concatenate([self.state.E, rows[self.table.trained :]])
        return {"embedding.weight": rows, **_copies(self._network())}

    def snapshot(self) -> Parameters:
        rows = {"embedding.weight": self.state.E.copy()} if self.tuned else {}
        return {**rows, **_copies(self._network())}

    def restore(self, snapshot: Parameters) -> None:
        for name, view in self._network().items():
            view[:] = snapshot[name]
        if "embedding.weight" in snapshot:
            self.state.E[:] = snapshot["embedding.weight"]

    def _network(self) -> Parameters:
        """Views of the flat network by the names of the torch module."""
        W, b, U, c = layers(self.state.network, self.features, self.hidden, self.classes)
        hidden = {"head.hidden.weight": W, "head.hidden.bias": b} if self.hidden else {}
        return {**hidden, "head.output.weight": U, "head.output.bias": c}


def _copies(parameters: Parameters) -> Parameters:
    return {name: array.copy() for name, array in parameters.items()}


@cache
def one_blas_thread_in_kernels() -> None:
    """Hold BLAS to one thread in this process; Numba calls SciPy's, which may not be loaded yet.

    Once a process: looking for the libraries takes longer than a short epoch.
    """
    import scipy.linalg.cython_blas  # noqa: F401

    one_blas_thread()
