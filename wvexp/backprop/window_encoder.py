"""Every token from the window of m tokens around it: flat sentences, one hidden layer.

    z_t = Σ_k W_k x_{t+k-m//2} + b     [T, H]   W = [W_0 ... W_{m-1}]; beyond the sentence x is 0
    h = tanh(z) * mask                 [T, H]   the mask given from outside

The windows [T, m n] are not laid out: all x W_kᵀ come from one product, and z collects of them, at
shifted places, what it is the sum of. The way back spreads δ = d loss / d z over the same places.
Collobert et al. 2011, section 3.2.1.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop import kernels
from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled


class WindowEncoder:
    """Forward and backward in closed form.

    Parameters
    ----------
    parameters
        hidden.weight [H, m n], hidden.bias [H]; read anew on each call. None without a hidden
        layer, whose h is the windows themselves, [T, m n].
    window
        m, the tokens of a window; token t has m // 2 of them before it
    hidden
        H; 0 for none
    """

    def __init__(self, parameters: Mapping[str, Array], *, window: int, hidden: int) -> None:
        self.parameters, self.window, self.hidden = parameters, window, hidden

    def forward(self, x: Array, offsets: NDArray[np.int64], mask: Array | None = None) -> Array:
        """[T, H] of x [T, n]; [T, m n] without a hidden layer. `mask` has the shape of h."""
        self.x, self.offsets, self.mask = x, offsets, mask
        if self.hidden:
            W = self.parameters["hidden.weight"].reshape(self.hidden, self.window, -1)
            # [m H, n]: the rows of W_0, then those of W_1, ...
            self.stacked = W.transpose(1, 0, 2).reshape(-1, x.shape[1])
            products = np.dot(x, self.stacked.T)
            self.h = np.empty((len(x), self.hidden), x.dtype)
            _collect(self.h, products, offsets, self.window, 1)
            self.h += self.parameters["hidden.bias"]
            kernels.tanh(self.h)
        else:
            self.h = np.empty((len(x), self.window * x.shape[1]), x.dtype)
            _spread(self.h, x, offsets, self.window, 1)
        return self.h if mask is None else self.h * mask

    def backward(self, upstream: Array, *, to_x: bool) -> tuple[Array | None, dict[str, Array]]:
        """d loss / d x [T, n], None unless `to_x`, and every parameter's gradient by its name.

        `upstream` is d loss / d h, in its shape.
        """
        delta = upstream if self.mask is None else upstream * self.mask
        tokens, n = self.x.shape
        if not self.hidden:
            if not to_x:
                return None, {}
            d_x = np.empty_like(self.x)
            _collect(d_x, np.ascontiguousarray(delta), self.offsets, self.window, -1)
            return d_x, {}
        slope = self.h * self.h
        np.subtract(1, slope, out=slope)
        delta = delta * slope
        deltas = np.empty((tokens, self.window * self.hidden), delta.dtype)
        _spread(deltas, delta, self.offsets, self.window, -1)
        d_W = np.dot(deltas.T, self.x).reshape(self.window, self.hidden, n).transpose(1, 0, 2)
        return np.dot(deltas, self.stacked) if to_x else None, {
            "hidden.weight": d_W.reshape(self.hidden, self.window * n),
            "hidden.bias": delta.sum(axis=0),
        }


@compiled
def _spread(
    out: Array, values: Array, offsets: NDArray[np.int64], window: int, direction: int
) -> None:
    """out [T, m n]: piece k of token t is values [T, n] at t + (k - m//2) * direction.

    It is 0 where that place is in another sentence.
    """
    n = values.shape[1]
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        for t in range(start, end):
            for k in range(window):
                piece = out[t, k * n : (k + 1) * n]
                place = t + (k - window // 2) * direction
                if start <= place < end:
                    row = values[place]
                    for j in range(n):
                        piece[j] = row[j]
                else:
                    for j in range(n):
                        piece[j] = 0


@compiled
def _collect(
    out: Array, pieces: Array, offsets: NDArray[np.int64], window: int, direction: int
) -> None:
    """out [T, n]: the sum over k of piece k of pieces [T, m n] at t + (k - m//2) * direction.

    Places in other sentences are left out. What `_spread` copies in one direction, this sums in
    the other: each is the gradient of the other.
    """
    n = out.shape[1]
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        for t in range(start, end):
            total = out[t]
            for j in range(n):
                total[j] = 0
            for k in range(window):
                place = t + (k - window // 2) * direction
                if start <= place < end:
                    piece = pieces[place, k * n : (k + 1) * n]
                    for j in range(n):
                        total[j] += piece[j]
