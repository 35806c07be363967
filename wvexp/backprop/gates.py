"""Gates: the nodes of a computational graph.

Each gate computes an output (`forward`), and then, given the gradient of some final scalar with
respect to that output (upstream), the gradients with respect to each of its inputs (downstream):

    gate = MultiplyGate()
    z = gate.forward(x, y)
    dx, dy = gate.backward(dz)

`forward` keeps what `backward` needs. Always downstream = upstream x local: `local_gradients`
spells the local part out as Jacobians, which `backward` uses without ever building them.
Nothing broadcasts: arrays of different shapes are a mistake, and are named.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from wvexp.backprop.activations import ACTIVATIONS, Activation, Array
from wvexp.backprop.losses import margin_loss, softmax_cross_entropy
from wvexp.errors import UserError


class Gate(ABC):
    """One operation. `symbol` is how it is drawn; `arity` its inputs, None for any number."""

    symbol: ClassVar[str]
    arity: ClassVar[int | None] = 1

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Array:
        """The output; keeps what `backward` needs. UserError where the inputs do not fit."""

    @abstractmethod
    def backward(self, upstream: Array) -> list[Array]:
        """One gradient per input, in its shape. `upstream` has the shape of the output."""

    @abstractmethod
    def local_gradients(self) -> list[Array]:
        """One Jacobian d output / d input an input, [*output shape, *input shape]."""

    def refuse(self, shapes: str, expected: str) -> UserError:
        return UserError(f"{type(self).__name__}: {shapes}", f"expected {expected}")


# ---- element-wise: output and inputs share one shape, the Jacobians are diagonal ----


class ElementwiseGate(Gate):
    @abstractmethod
    def partials(self) -> list[Array]:
        """The diagonal of each Jacobian, in the shape of the output."""

    def backward(self, upstream: Array) -> list[Array]:
        return [upstream * partial for partial in self.partials()]

    def local_gradients(self) -> list[Array]:
        return [np.diag(np.ravel(p)).reshape(np.shape(p) * 2) for p in self.partials()]


class PairGate(ElementwiseGate):
    """An element-wise gate of two inputs."""

    arity = 2

    def forward(self, x: Array, y: Array) -> Array:
        if np.shape(x) != np.shape(y):
            raise self.refuse(f"x has shape {np.shape(x)}, y {np.shape(y)}", "equal shapes")
        self.x, self.y = x, y
        return self.output(x, y)

    @abstractmethod
    def output(self, x: Array, y: Array) -> Array: ...


class AddGate(PairGate):
    """x + y. Distributes the upstream gradient."""

    symbol = "+"

    def output(self, x: Array, y: Array) -> Array:
        return np.add(x, y)

    def partials(self) -> list[Array]:
        return [np.ones_like(self.x), np.ones_like(self.y)]


class SubtractGate(PairGate):
    """x - y."""

    symbol = "−"

    def output(self, x: Array, y: Array) -> Array:
        return np.subtract(x, y)

    def partials(self) -> list[Array]:
        return [np.ones_like(self.x), np.full_like(self.y, -1)]


class NegateGate(ElementwiseGate):
    """-x."""

    symbol = "−x"

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.negative(x)

    def partials(self) -> list[Array]:
        return [np.full_like(self.x, -1)]


class MultiplyGate(PairGate):
    """x * y. Switches: each input's gradient is scaled by the other input."""

    symbol = "×"

    def output(self, x: Array, y: Array) -> Array:
        return np.multiply(x, y)

    def partials(self) -> list[Array]:
        return [self.y, self.x]


class DivideGate(PairGate):
    """x / y; y = 0 is refused."""

    symbol = "÷"

    def output(self, x: Array, y: Array) -> Array:
        if not np.all(y):
            raise UserError("division by zero", "choose values for which the divisor is not 0")
        return np.divide(x, y)

    def partials(self) -> list[Array]:
        return [1 / self.y, -self.x / self.y**2]


class MaxGate(PairGate):
    """max(x, y). Routes the gradient to the larger; a tie (kink) gives each half, as PyTorch."""

    symbol = "max"

    def output(self, x: Array, y: Array) -> Array:
        return np.maximum(x, y)

    def partials(self) -> list[Array]:
        to_x = np.heaviside(np.subtract(self.x, self.y), 0.5)
        return [to_x, 1 - to_x]


class PowerGate(ElementwiseGate):
    """x ** exponent, the exponent a constant."""

    symbol = "power"

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def forward(self, x: Array) -> Array:
        if self.exponent < 0 and not np.all(x):
            raise UserError(f"division by zero: 0 ** {self.exponent:g}", "choose another value")
        if self.exponent != int(self.exponent) and np.any(np.less(x, 0)):
            raise UserError(f"a negative number ** {self.exponent:g}", "take a whole exponent")
        self.x = x
        return np.power(x, self.exponent)

    def partials(self) -> list[Array]:
        if self.exponent == 0:
            return [np.zeros_like(self.x)]
        return [self.exponent * np.power(self.x, self.exponent - 1)]


class ActivationGate(ElementwiseGate):
    activation: ClassVar[Activation]

    def forward(self, z: Array) -> Array:
        self.z, self.h = z, self.activation.value(z)
        return self.h

    def partials(self) -> list[Array]:
        return [self.activation.slope(self.z, self.h)]


class TanhGate(ActivationGate):
    symbol, activation = "tanh", ACTIVATIONS["tanh"]


class SigmoidGate(ActivationGate):
    symbol, activation = "sigmoid", ACTIVATIONS["sigmoid"]


class ReLUGate(ActivationGate):
    symbol, activation = "relu", ACTIVATIONS["relu"]


class HardTanhGate(ActivationGate):
    symbol, activation = "hardtanh", ACTIVATIONS["hardtanh"]


# ---- products ----


class MatVecGate(Gate):
    """W x: W [m, n], x [n] -> [m]."""

    symbol, arity = "W·x", 2

    def forward(self, W: Array, x: Array) -> Array:
        if np.ndim(W) != 2 or np.shape(x) != np.shape(W)[1:]:
            raise self.refuse(f"W has shape {np.shape(W)}, x {np.shape(x)}", "[m, n] and [n]")
        self.W, self.x = W, x
        return W @ x

    def backward(self, upstream: Array) -> list[Array]:
        return [np.outer(upstream, self.x), self.W.T @ upstream]

    def local_gradients(self) -> list[Array]:
        return [np.multiply.outer(np.eye(len(self.W)), self.x), self.W]


class MatMulGate(Gate):
    """A B: A [m, n], B [n, p] -> [m, p]."""

    symbol, arity = "A·B", 2

    def forward(self, A: Array, B: Array) -> Array:
        if np.ndim(A) != 2 or np.ndim(B) != 2 or np.shape(A)[1] != np.shape(B)[0]:
            raise self.refuse(f"A has shape {np.shape(A)}, B {np.shape(B)}", "[m, n] and [n, p]")
        self.A, self.B = A, B
        return A @ B

    def backward(self, upstream: Array) -> list[Array]:
        return [upstream @ self.B.T, self.A.T @ upstream]

    def local_gradients(self) -> list[Array]:
        m, p = len(self.A), self.B.shape[1]
        return [
            np.einsum("ia,bk->ikab", np.eye(m), self.B),
            np.einsum("ib,kc->ikbc", self.A, np.eye(p)),
        ]


class DotGate(Gate):
    """x · y: two vectors [n] -> a number."""

    symbol, arity = "u·h", 2

    def forward(self, x: Array, y: Array) -> Array:
        if np.ndim(x) != 1 or np.shape(x) != np.shape(y):
            raise self.refuse(f"x has shape {np.shape(x)}, y {np.shape(y)}", "[n] and [n]")
        self.x, self.y = x, y
        return np.dot(x, y)

    def backward(self, upstream: Array) -> list[Array]:
        return [upstream * self.y, upstream * self.x]

    def local_gradients(self) -> list[Array]:
        return [self.y, self.x]


# ---- moving and gathering numbers ----


class ConcatGate(Gate):
    """The entries of all inputs, one after another, as one vector."""

    symbol, arity = "concat", None

    def forward(self, *parts: Array) -> Array:
        self.shapes = [np.shape(part) for part in parts]
        return np.concatenate([np.ravel(part) for part in parts])

    def backward(self, upstream: Array) -> list[Array]:
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        pieces = np.split(upstream, ends[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def local_gradients(self) -> list[Array]:
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        columns = np.split(np.eye(sum(sizes)), np.cumsum(sizes)[:-1], axis=1)
        return [c.reshape(-1, *shape) for c, shape in zip(columns, self.shapes, strict=True)]


class LookupGate(Gate):
    """Rows of E [V, d] -> [n, d]. A row taken several times sums its gradients."""

    symbol = "lookup"

    def __init__(self, rows: Any) -> None:
        self.rows = np.asarray(rows)

    def forward(self, E: Array) -> Array:
        if np.ndim(E) != 2 or self.rows.min() < 0 or self.rows.max() >= len(E):
            raise self.refuse(f"rows {self.rows.tolist()} of shape {np.shape(E)}", "rows 0..V-1")
        self.shape = E.shape
        return E[self.rows]

    def backward(self, upstream: Array) -> list[Array]:
        d_E = np.zeros(self.shape, upstream.dtype)
        np.add.at(d_E, self.rows, upstream)
        return [d_E]

    def local_gradients(self) -> list[Array]:
        V, d = self.shape
        return [np.einsum("nv,ij->nivj", np.eye(V)[self.rows], np.eye(d))]


class SumGate(Gate):
    """The sum of all entries."""

    symbol = "sum"

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.sum(x)

    def backward(self, upstream: Array) -> list[Array]:
        return [np.full(np.shape(self.x), upstream)]  # its dtype: x may be whole numbers

    def local_gradients(self) -> list[Array]:
        return [np.ones_like(self.x)]


class MeanGate(Gate):
    """The mean of all entries; of none is refused."""

    symbol = "mean"

    def forward(self, x: Array) -> Array:
        if np.size(x) == 0:
            raise self.refuse(f"x has shape {np.shape(x)}", "at least one entry")
        self.x = x
        return np.asarray(np.mean(x))

    def backward(self, upstream: Array) -> list[Array]:
        return [np.full(np.shape(self.x), upstream / np.size(self.x))]

    def local_gradients(self) -> list[Array]:
        return [np.full(np.shape(self.x), 1 / np.size(self.x))]


# ---- losses ----


class SoftmaxCrossEntropyGate(Gate):
    """-log softmax(logits)[label]: logits [K] -> a number. Local gradient p - y."""

    symbol = "softmax CE"

    def __init__(self, label: int) -> None:
        self.label = label

    def forward(self, logits: Array) -> Array:
        if np.ndim(logits) != 1 or not 0 <= self.label < len(logits):
            raise self.refuse(
                f"logits have shape {np.shape(logits)}, label {self.label}", "[K], label 0..K-1"
            )
        losses, gradients = softmax_cross_entropy(logits[None], np.array([self.label]))
        self.d_logits = gradients[0]
        return np.asarray(losses[0])

    def backward(self, upstream: Array) -> list[Array]:
        return [upstream * self.d_logits]

    def local_gradients(self) -> list[Array]:
        return [self.d_logits]


class MaxMarginGate(PairGate):
    """max(0, 1 - s + s_corrupt), element-wise."""

    symbol = "margin"

    def output(self, x: Array, y: Array) -> Array:
        losses, self.d_corrupt = margin_loss(x, y)
        return losses

    def partials(self) -> list[Array]:
        return [-self.d_corrupt, self.d_corrupt]
