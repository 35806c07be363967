"""One window task that every way of training gets alike."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wvexp.models.draw import Parameters, draw_weights, head_shapes
from wvexp.models.spec import ModelSpec
from wvexp.models.view import View
from wvexp.models.window import WINDOW as WINDOW_MODEL
from wvexp.models.window import WindowKeys
from wvexp.seeds import stream
from wvexp.tasks import TOKEN, TaskKind
from wvexp.training.examples import Examples

VOCABULARY, DIM, WINDOW, HIDDEN, CLASSES, BATCH = 20_000, 100, 5, 100, 12, 64
_SENTENCE = 20


@dataclass(frozen=True)
class Problem:
    """Windows in the order of training, `epochs` passes over them.

    table     float32 [rows, d]
    examples  their words are rows of `table`
    network   starting weights, by their names in torch
    rule      adam, adagrad or sgd
    """

    table: NDArray[np.float32]
    examples: Examples
    order: NDArray[np.int64]
    network: Parameters
    rule: str
    lr: float
    tuned: bool
    epochs: int
    seed: int

    @property
    def kind(self) -> TaskKind:
        return TOKEN

    @property
    def spec(self) -> ModelSpec:
        return WINDOW_MODEL

    @property
    def keys(self) -> Any:
        """Of the model."""
        return WindowKeys(WINDOW, HIDDEN)

    @property
    def classes(self) -> int:
        return CLASSES

    @property
    def batch_size(self) -> int:
        """Labels."""
        return BATCH

    @property
    def steps(self) -> int:
        """Training steps of all epochs."""
        return self.epochs * -(-len(self.order) // self.batch_size)

    @property
    def windows(self) -> NDArray[np.int32]:
        """[n, window] in the order of training."""
        return self.examples.inputs(self.order)[0]

    @property
    def labels(self) -> NDArray[np.int32]:
        return self.examples.labels[self.order]

    def compact(self) -> Self:
        """The same with the rows of its own words alone, PAD first."""
        used = np.union1d([0], self.examples.rows)
        rows = np.searchsorted(used, self.examples.rows).astype(np.int32)
        return replace(self, table=self.table[used], examples=replace(self.examples, rows=rows))


def make_problem(
    windows: int, rule: str, lr: float, *, tuned: bool, epochs: int, seed: int
) -> Problem:
    """Sentences of 20 words, in windows."""
    rng = stream(seed, "benchmark training")
    rows, labels = draw_words(windows, CLASSES, rng)
    table = draw_vectors(rng)
    offsets = np.append(np.arange(0, windows, _SENTENCE), windows)
    return Problem(
        table=table,
        examples=Examples(rows, offsets, labels, View(WINDOW)),
        order=rng.permutation(windows),
        network=draw_weights(head_shapes(WINDOW * DIM, HIDDEN, CLASSES), rng),
        rule=rule,
        lr=lr,
        tuned=tuned,
        epochs=epochs,
        seed=seed,
    )


def draw_words(
    count: int, classes: int, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows of words by Zipf's law; a word's label is its own, in one case of five another."""
    share = 1 / np.arange(1, VOCABULARY)
    rows = rng.choice(np.arange(1, VOCABULARY), size=count, p=share / share.sum())
    labels = rng.integers(classes, size=VOCABULARY)[rows]
    odd = rng.random(count) < 0.2
    labels[odd] = rng.integers(classes, size=odd.sum())
    return rows.astype(np.int32), labels.astype(np.int32)


def draw_vectors(rng: np.random.Generator) -> NDArray[np.float32]:
    """Word vectors as large as GloVe's, PAD's 0."""
    table = rng.normal(scale=0.4, size=(VOCABULARY, DIM)).astype(np.float32)
    table[0] = 0
    return table
