"""The matrix products of the hand-written steps and nothing else: a bound on what training costs.

Arrays have the sizes of a step's and values that neither vanish nor overflow, for denormal numbers
would cost; there is no loss.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from wvexp.backprop.kernels import compiled
from wvexp.backprop.packed import pack
from wvexp.benchmarks.loops import Train
from wvexp.benchmarks.problem import BATCH, CLASSES, DIM, HIDDEN, WINDOW, Problem
from wvexp.benchmarks.sequences import TextProblem
from wvexp.tasks import TOKEN
from wvexp.training.handwritten import one_blas_thread_in_kernels


def products_alone(problem: Problem) -> Train:
    """Of a window classifier."""
    one_blas_thread_in_kernels()
    features = DIM * WINDOW
    x, z, logits = _ones(BATCH, features), _ones(BATCH, HIDDEN), _ones(BATCH, CLASSES)
    W, U = _ones(HIDDEN, features), _ones(CLASSES, HIDDEN)
    d_x, d_z, d_W, d_U = (np.empty_like(a) for a in (x, z, W, U))

    def train() -> float:
        _window(x, z, logits, W, U, d_x, d_z, d_W, d_U, problem.tuned, problem.steps)
        return float("nan")

    return train


@compiled
def _window(
    x: Any, z: Any, logits: Any, W: Any, U: Any, d_x: Any, d_z: Any, d_W: Any, d_U: Any,
    tuned: bool, steps: int,
) -> None:  # fmt: skip
    for _ in range(steps):
        np.dot(x, W.T, z)
        np.dot(z, U.T, logits)
        np.dot(logits.T, z, d_U)
        np.dot(logits, U, d_z)
        np.dot(d_z.T, x, d_W)
        if tuned:
            np.dot(d_z, W, d_x)
        z[:], d_z[:] = 1, 1


def text_products_alone(problem: TextProblem) -> Train:
    """Of a convolution, or of a bidirectional LSTM."""
    one_blas_thread_in_kernels()
    lengths = np.diff(problem.examples.offsets)
    one = _lstm_step if problem.kind is TOKEN else _convolution_step
    steps = [one(problem, lengths[texts]) for texts in problem.texts()]

    def train() -> float:
        for _ in range(problem.epochs):
            for step in steps:
                step()
        return float("nan")

    return train


def _convolution_step(problem: TextProblem, lengths: Any) -> Callable[[], None]:
    """Scores of all spans; the way back goes through the winning spans, which is no product."""
    widths, filters = problem.keys.widths, problem.keys.filters
    places = np.maximum(lengths, max(widths)) - min(widths) + 1
    spans = _ones(places.sum(), DIM * max(widths))
    weights = [_ones(filters, DIM * width) for width in widths]
    out = _Linear(len(lengths), filters * len(widths), problem.classes)

    def step() -> None:
        for weight in weights:
            np.dot(spans[:, : weight.shape[1]], weight.T)
        out.step()

    return step


def _lstm_step(problem: TextProblem, lengths: Any) -> Callable[[], None]:
    """Both directions of one layer, that of the time steps one after another."""
    T, H = int(lengths.sum()), problem.keys.hidden
    layout = pack(np.append(0, np.cumsum(lengths)))
    x, before, gates = _ones(T, DIM), _ones(T, H), _ones(T, 4 * H)
    W_ih, W_hh = _ones(4 * H, DIM), _ones(4 * H, H)
    out = _Linear(T, 2 * H, problem.classes)

    def step() -> None:
        for reverse in (False, True):
            steps = layout.steps(reverse=reverse)
            np.dot(x, W_ih.T)
            _recurrent(before, gates, W_hh, *steps)
            np.dot(gates.T, x)
            np.dot(gates.T, before)
            np.dot(gates, W_ih)
        out.step()

    return step


@compiled
def _recurrent(before: Any, gates: Any, W_hh: Any, starts: Any, counts: Any) -> None:
    most = max(counts[0], counts[-1])
    z, d_h = np.empty((most, len(W_hh)), before.dtype), np.empty((most, len(W_hh.T)), before.dtype)
    across = np.ascontiguousarray(W_hh.T)
    for step in range(1, len(starts)):
        start, carried = starts[step], min(counts[step], counts[step - 1])
        np.dot(before[start : start + carried], across, z[:carried])
        np.dot(gates[start : start + carried], W_hh, d_h[:carried])


class _Linear:
    """The products of an output layer."""

    def __init__(self, rows: int, inputs: int, classes: int) -> None:
        self.h, self.U = _ones(rows, inputs), _ones(classes, inputs)
        self.scores = _ones(rows, classes)

    def step(self) -> None:
        np.dot(self.h, self.U.T)
        np.dot(self.scores.T, self.h)
        np.dot(self.scores, self.U)


def _ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)
