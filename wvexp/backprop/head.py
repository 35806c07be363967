"""The classifier above the word vectors: from features x to the loss, and back to d_x.

    z = x Wᵀ + b      [B, H]
    h = f(z)          [B, H]     (no hidden layer: h = x)
    r = h * mask      [B, H]     dropout, the mask given from outside
    o = r Uᵀ + c      [B, K]     logits
    loss = mean over the batch of -log softmax(o)[label] + l2/2 (|W|² + |U|²)

The derivation is in docs/backprop.md, under the same names.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import ACTIVATIONS, Array
from wvexp.backprop.losses import Losses, softmax_cross_entropy
from wvexp.backprop.rows import RowGradient


class Gradients(TypedDict, total=False):
    """Parameter -> gradient in the parameter's shape; E's by rows.

    W, b are absent without a hidden layer, E where no row is trained, M without a map of the rows.
    """

    W: Array
    b: Array
    U: Array
    c: Array
    E: RowGradient
    M: Array


class Head:
    """Hidden layer, dropout, output layer, softmax cross-entropy.

    Parameters
    ----------
    parameters
        W [H, n_in], b [H], U [K, H], c [K]; or, without a hidden layer, U [K, n_in], c [K].
        The arrays are read anew on each call: an optimiser may change them in place.
    activation
        "tanh", "sigmoid", "relu" or "hardtanh"
    l2
        strength of the penalty on W and U; biases have none
    losses
        from logits [B, K] and labels [B, ...] to the loss of each example and its gradient
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        activation: str = "tanh",
        l2: float = 0.0,
        losses: Losses = softmax_cross_entropy,
    ) -> None:
        self.U, self.c = parameters["U"], parameters["c"]
        self.W, self.b = parameters.get("W"), parameters.get("b")
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation {activation!r}: expected one of {known}")
        self.activation, self.l2, self.losses = ACTIVATIONS[activation], l2, losses
        layers = [("U", self.U, "c", self.c)]
        if self.W is not None and self.b is not None:
            layers.append(("W", self.W, "b", self.b))
            _expect("U", self.U.shape, (len(self.U), len(self.W)))
        for matrix_name, matrix, bias_name, bias in layers:
            _expect(matrix_name, matrix.shape, (len(bias), matrix.shape[-1]))
            _expect(bias_name, bias.shape, (len(matrix),))

    @property
    def n_in(self) -> int:
        """The number of features."""
        return int((self.U if self.W is None else self.W).shape[1])

    def logits(self, x: Array, mask: Array | None = None) -> Array:
        """[B, K] from x [B, n_in]. `mask`, in the shape of the last layer's input, is its
        dropout, already scaled by 1/keep; None keeps everything."""
        _expect("x", x.shape, (len(x), self.n_in))
        self.x, self.mask = x, mask
        self.h = x
        if self.W is not None:
            self.z = x @ self.W.T + self.b
            self.h = self.activation.value(self.z)
        if mask is not None:
            _expect("mask", mask.shape, self.h.shape)
        self.r = self.h if mask is None else self.h * mask
        return self.r @ self.U.T + self.c

    def loss(self, logits: Array, labels: NDArray[Any]) -> float:
        """Mean loss over the batch (`mean_loss`), plus the penalty on W and U."""
        _expect("labels", labels.shape[:1], (len(logits),))
        losses, d_logits = self.losses(logits, labels)
        self.d_logits = d_logits / len(labels)
        self.mean_loss = float(np.mean(losses))
        if not self.l2:
            return self.mean_loss
        squares = sum(float(np.vdot(M, M)) for M in (self.W, self.U) if M is not None)
        return self.mean_loss + 0.5 * self.l2 * squares

    def backward(self) -> Gradients:
        """The parameters' gradients of the last `loss`.

        The error signal δ = d_logits goes down one layer at a time; each parameter's gradient
        is δ at its layer times the layer's input.
        """
        delta = self.d_logits  # [B, K]
        gradients = Gradients(U=self._weights(delta, self.r, self.U), c=delta.sum(axis=0))
        if self.W is not None:
            self.d_z = self._d_h() * self.activation.slope(self.z, self.h)
            gradients["W"] = self._weights(self.d_z, self.x, self.W)
            gradients["b"] = self.d_z.sum(axis=0)
        return gradients

    def d_x(self) -> Array:
        """[B, n_in], after `backward`: what goes on down to the word vectors."""
        return self._d_h() if self.W is None else self.d_z @ self.W

    def _weights(self, delta: Array, layer_input: Array, M: Array) -> Array:
        """The gradient of a weight matrix M: δᵀ times the layer's input, plus the penalty's."""
        gradient = np.dot(delta.T, layer_input)  # for a batch of one 5 times faster than with @
        return gradient + self.l2 * M if self.l2 else gradient

    def _d_h(self) -> Array:
        d_r = self.d_logits @ self.U
        return d_r if self.mask is None else d_r * self.mask


def _expect(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"{name} has shape {shape}, expected {expected}")
