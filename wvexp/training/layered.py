"""The engine of models made of layers: the gradient by hand, layer by layer, without torch.

It trains the run that `AutogradEngine` trains: same start, batches, dropout masks and update rules.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.kernels import step_rows
from wvexp.backprop.norms import constrain_rows
from wvexp.backprop.rows import PAD, RowGradient
from wvexp.errors import RunStopped
from wvexp.models.draw import Parameters
from wvexp.models.spec import Arrays, HandModel
from wvexp.training.engine import check_loss, check_rows, finite, never
from wvexp.training.examples import Examples
from wvexp.training.handwritten import one_blas_thread_in_kernels
from wvexp.training.settings import Settings
from wvexp.vectors.table import EmbeddingTable

# Windows and texts that are scored at once.
_WINDOWS, _TEXTS = 4096, 256
_E = "embedding.weight"


class _Moments:
    """A matrix of parameters, what its update rule remembers of it, and the steps it took."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values, self.steps = values, 0
        # np.zeros takes no memory before it is written; np.zeros_like takes it at once.
        self.first = np.zeros(values.shape, values.dtype)
        self.second = np.zeros(values.shape, values.dtype)

    def step(
        self, rule: int, gradient: NDArray[Any], lr: float, rows: NDArray[np.int64] | None = None
    ) -> None:
        """One step of the given rows, or of all: then the rule's dense form."""
        self.steps += 1
        which = np.zeros(1, np.int64) if rows is None else rows
        state = self.values, self.first, self.second
        step_rows(rule, which, gradient, *state, lr, self.steps, rows is not None)


class LayeredEngine:
    """Trains one model by its hand-written gradient.

    Parameters
    ----------
    build
        From parameters by their names in torch, and `trainable` and `initial` as `WordRows` takes
        them, to the `HandModel` over them.
    names
        Of its parameters but for the word vectors: its own name -> theirs in torch.
    network
        Starting weights by name, as `draw_weights` gives them.
    tables
        Of these, the names of tables of which a step moves rows alone.
    table
        Word vectors. Rows up to `table.trained` are copied; the others are read where they are.
    trainable
        Mask [rows] of the rows that may move; none in a frozen arm.
    classes
        Number of labels.
    """

    def __init__(
        self,
        build: Callable[..., HandModel],
        names: Mapping[str, str],
        network: Parameters,
        tables: tuple[str, ...],
        table: EmbeddingTable,
        trainable: NDArray[np.bool_],
        classes: int,
        settings: Settings,
    ) -> None:
        one_blas_thread_in_kernels()
        self.table, self.names, self.classes, self.settings = table, names, classes, settings
        self.tuned = bool(trainable.any())
        number = settings.rule.kernel
        assert number is not None  # `check_engine` refuses the others
        self.rule = number
        E = table.rows[: table.trained].copy()
        dense = {name: array for name, array in network.items() if name not in tables}
        # All dense parameters as one row: one update for all.
        flat = np.empty((1, sum(array.size for array in dense.values())), E.dtype)
        self.gradient = np.zeros_like(flat)
        self.dense = _Moments(flat)
        self.parameters_of = _cut(flat[0], dense)
        self.gradients_of = _cut(self.gradient[0], dense)
        self.tables = {name: _Moments(network[name].copy()) for name in tables}
        self.words = _Moments(E) if self.tuned else None
        self.E = E
        self.restore(network)
        self.model = build(
            {_E: E, **self._network()},
            trainable=trainable[: table.trained].copy() if self.tuned else None,
            initial=E.copy() if settings.anchor else E,
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
        check_rows(rows, self.table.trained)
        total, steps = 0.0, 0
        for inputs, labels in examples.batches(batch_size, order, rows):
            if should_stop():
                raise RunStopped
            mask = self.settings.dropout.draw(len(labels), len(inputs[-1]) - 1, masks)
            with _not_finite():
                self.model.forward(*inputs, labels, mask)
                self._update(self.model.backward(), self.tuned and move_rows)
            total += self.model.mean_loss
            steps += 1
        mean = total / steps
        check_loss(mean, self.settings.kind, self.classes)
        return mean

    def _update(self, gradients: dict[str, Any], move_rows: bool) -> None:
        settings, of_rows = self.settings, {}
        words: RowGradient | None = gradients.pop("E", None)
        words = words if move_rows else None
        for name, gradient in gradients.items():
            if isinstance(gradient, RowGradient):
                of_rows[self.names[name]] = gradient
            else:
                self.gradients_of[self.names[name]][...] = gradient
        if settings.clip is not None:
            rows = [*of_rows.values(), *([] if words is None else [words])]
            parts = [self.gradient, *(one.values for one in rows)]
            norm = float(np.sqrt(sum(float(np.vdot(part, part)) for part in parts)))
            if norm > settings.clip:
                for part in parts:
                    part *= settings.clip / norm
        self.dense.step(self.rule, self.gradient, settings.lr)
        for name, g in of_rows.items():
            self.tables[name].step(self.rule, g.values, settings.lr, g.rows)
        if words is not None and self.words is not None:
            self.words.step(self.rule, words.values, settings.row_lr, words.rows)
        for name, most in (settings.most or {}).items():
            constrain_rows(self.parameters_of[name], most)

    def predict(self, examples: Examples) -> NDArray[Any]:
        found, crf = [], getattr(self.model, "crf", None)
        size = _WINDOWS if examples.view.window else _TEXTS
        for start in range(0, max(len(examples), 1), size):
            rows, *others = examples.inputs(np.arange(start, min(start + size, len(examples))))
            read = np.union1d(PAD, rows)
            trained = np.searchsorted(read, self.table.trained)
            E = np.concatenate([self.E[read[:trained]], self.table.rows[read[trained:]]])
            with _not_finite():
                scores = finite(self.model.scores(np.searchsorted(read, rows), *others, E=E))
            if crf is None:
                found.append(self.settings.kind.predict(scores))
            else:
                found.append(crf.decode(scores, others[-1]))
        return np.concatenate(found)

    def parameters(self) -> Parameters:
        rows = self.table.rows
        if self.tuned:
            rows = np.concatenate([self.E, rows[self.table.trained :]])
        return {_E: rows, **{name: array.copy() for name, array in self._network().items()}}

    def snapshot(self) -> Parameters:
        rows = {_E: self.E.copy()} if self.tuned else {}
        return {**rows, **{name: array.copy() for name, array in self._network().items()}}

    def restore(self, snapshot: Parameters) -> None:
        for name, array in self._network().items():
            array[...] = snapshot[name]
        if _E in snapshot:
            self.E[:] = snapshot[_E]

    def _network(self) -> Parameters:
        tables = {name: one.values for name, one in self.tables.items()}
        return {**self.parameters_of, **tables}


def _not_finite() -> np.errstate:
    """No warnings of NumPy's: a run that diverges is told of once, by `check_loss` or `finite`."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _cut(flat: NDArray[Any], like: Arrays) -> dict[str, NDArray[Any]]:
    """Views of `flat` in the shapes of the arrays, one after another."""
    views, start = {}, 0
    for name, array in like.items():
        views[name] = flat[start : start + array.size].reshape(array.shape)
        start += array.size
    return views
