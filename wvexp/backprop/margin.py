"""The scalar-score window model: a true window must outscore a corrupted one by 1.

    s = uᵀ f(W x + b),   loss = mean over the batch of max(0, 1 - s + s_corrupt)

x is the window's vectors one after another; the corrupted window has another word in its centre
(Collobert and Weston 2008).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import ACTIVATIONS, Array
from wvexp.backprop.gates import (
    AddGate,
    ConcatGate,
    DotGate,
    LookupGate,
    MatVecGate,
    TanhGate,
)
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.losses import margin_loss
from wvexp.backprop.rows import RowGradient, WordRows


class MarginWindowScorer:
    """Batched forward and backward in closed form.

    Parameters
    ----------
    parameters
        E [V, d], W [H, m d], b [H], u [H]
    activation
        "tanh", "sigmoid", "relu" or "hardtanh"
    trainable
        bool [V], the rows of E that are trained, as in `WordRows`
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        activation: str = "tanh",
        trainable: NDArray[np.bool_] | None = None,
    ) -> None:
        self.W, self.b, self.u = (parameters[name] for name in ("W", "b", "u"))
        self.rows = WordRows(parameters["E"], trainable)
        self.activation = ACTIVATIONS[activation]

    def scores(self, windows: NDArray[np.integer]) -> Array:
        """s [B] of windows int [B, m]."""
        self.windows = windows
        self.x = self.rows.E[windows].reshape(len(windows), -1)
        self.z = self.x @ self.W.T + self.b
        self.h = self.activation.value(self.z)
        return self.h @ self.u

    def forward(self, windows: NDArray[np.integer], corrupted: NDArray[np.integer]) -> float:
        """The mean loss; windows and corrupted are int [B, m], row by row the same place."""
        if windows.shape != corrupted.shape:
            raise ValueError(f"windows are {windows.shape}, corrupted ones {corrupted.shape}")
        # Both kinds go through the network as one batch of 2B.
        true_scores, corrupt_scores = np.split(self.scores(np.concatenate([windows, corrupted])), 2)
        losses, d_corrupt = margin_loss(true_scores, corrupt_scores)
        self.d_scores = np.concatenate([-d_corrupt, d_corrupt]) / len(windows)
        return float(np.mean(losses))

    def backward(self) -> dict[str, Array | RowGradient]:
        """The gradient of the last `forward`'s loss for W, b, u and, where trained, E."""
        delta = self.d_scores[:, None] * self.u * self.activation.slope(self.z, self.h)  # d_z
        gradients: dict[str, Array | RowGradient] = {
            "u": self.d_scores @ self.h,
            "W": delta.T @ self.x,
            "b": delta.sum(axis=0),
        }
        if self.rows.trainable is not None:
            d_vectors = (delta @ self.W).reshape(-1, self.rows.E.shape[1])
            gradients["E"] = self.rows.gradient(self.windows.ravel(), d_vectors)
        return gradients


def score_graph(window: NDArray[np.integer]) -> ComputationalGraph:
    """s = uᵀ tanh(W x + b) of one window int [m] as a graph of gates, with inputs E, W, b, u."""
    graph = ComputationalGraph(output="s")
    graph.add("rows", LookupGate(window), "E")
    graph.add("x", ConcatGate(), "rows")
    graph.add("Wx", MatVecGate(), "W", "x")
    graph.add("z", AddGate(), "Wx", "b")
    graph.add("h", TanhGate(), "z")
    graph.add("s", DotGate(), "u", "h")
    return graph
