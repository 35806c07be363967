"""Bidirectional LSTM encoder (Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005).

Forward, one layer and direction, all T tokens at once but for the recurrent part:

    z = x W_ihᵀ + h' W_hhᵀ + b_ih + b_hh    [T, 4H]  quarters i, f, g, o, as torch orders them
    c = f c' + i g,  h = o tanh(c)          [T, H]   h', c' of the token before; after, if reversed

The layer's output is [h forward; h backward], [T, 2H]. The derivation is in docs/backprop-lstm.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.lstm_steps import backward_steps, forward_steps
from wvexp.backprop.over_time import POOLS, Pool
from wvexp.backprop.packed import pack

_SUFFIXES = "", "_reverse"


class _Kept(NamedTuple):
    """What the backward pass needs of one direction of one layer, in packed places.

    gates [T, 4H] are i, f, g, o; cells, squashed and before [T, H] are c, tanh(c) and h'.
    """

    gates: Array
    cells: Array
    squashed: Array
    before: Array


class BiLstmEncoder:
    """One or two bidirectional LSTM layers; a vector per token, or pooled to one per sentence.

    Parameters
    ----------
    parameters
        named as those of `torch.nn.LSTM(n, hidden, layers, bidirectional=True)` held as `lstm`:
        lstm.weight_ih_l0 [4H, n], lstm.weight_hh_l0 [4H, H], lstm.bias_ih_l0 and lstm.bias_hh_l0
        [4H], each with `_reverse` too; of the second layer `_l1`, with weight_ih [4H, 2H]. The
        arrays are read anew on each call: an optimiser may change them in place.
    hidden
        H, states of each direction
    layers
        1 or more
    pool
        None: [T, 2H]. Else [B, 2H]: "last", the forward state at the last token beside the
        backward state at the first; "max" or "mean" over time. A sentence without tokens gives 0.
    variational
        A mask has a row per sentence, the same at all of its tokens (Gal and Ghahramani 2016, but
        for the states from step to step); False: a row per token. With `pool` always True.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        *,
        hidden: int,
        layers: int,
        pool: str | None = None,
        variational: bool = True,
    ) -> None:
        if pool is not None and pool not in POOLS:
            raise ValueError(f"pool {pool!r}: expected None or one of {', '.join(POOLS)}")
        if pool is not None and not variational:
            raise ValueError("variational=False with pool: a mask's rows are sentences")
        self.parameters, self.hidden, self.layers = parameters, hidden, layers
        self.pool: Pool | None = None if pool is None else POOLS[pool]()
        self.variational = variational
        self.n = parameters["lstm.weight_ih_l0"].shape[1]
        for layer in range(layers):
            n_in = 2 * hidden if layer else self.n
            for suffix in _SUFFIXES:
                shapes = ((4 * hidden, n_in), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
                for name, shape in zip(_names(layer, suffix), shapes, strict=True):
                    _expect(name, parameters[name].shape, shape)

    def forward(self, x: Array, offsets: NDArray[np.int64], mask: Array | None = None) -> Array:
        """The states [T, 2H], or [B, 2H] with `pool`.

        Parameters
        ----------
        x
            [T, n], the words of all sentences, one after another
        offsets
            [B + 1], sentence i is x[offsets[i]:offsets[i+1]]
        mask
            [B, n + 2H layers], or [T, ...] without `variational`: dropout of x and of each layer's
            output, already scaled by 1/keep; of the last layer after pooling. None keeps all.
        """
        _expect("x", x.shape, (int(offsets[-1]), self.n))
        if mask is not None:
            rows = len(offsets) - 1 if self.variational else len(x)
            _expect("mask", mask.shape, (rows, self.n + 2 * self.hidden * self.layers))
        self.packed, self.mask = pack(offsets), mask
        self.inputs: list[Array] = []
        self.kept: list[list[_Kept]] = []
        h = np.take(x, self.packed.order, axis=0)
        for layer in range(self.layers):
            self._drop(h, layer)
            self.inputs.append(h)
            h = self._layer(h, layer)
        if self.pool is None:
            self._drop(h, self.layers)
            return self.packed.unpack(h)
        pooled = self.pool.forward(self.packed.unpack(h), offsets)
        return pooled if mask is None else pooled * mask[:, self._columns(self.layers)]

    def backward(self, upstream: Array, *, to_x: bool) -> tuple[Array | None, dict[str, Array]]:
        """d loss / d x [T, n], None unless `to_x`, and every parameter's gradient by its name.

        `upstream` is d loss / d forward(...), in its shape.
        """
        if self.pool is None:
            d_h = np.take(upstream, self.packed.order, axis=0)
            self._drop(d_h, self.layers)
        else:
            if self.mask is not None:
                upstream = upstream * self.mask[:, self._columns(self.layers)]
            d_h = np.take(self.pool.backward(upstream), self.packed.order, axis=0)
        gradients: dict[str, Array] = {}
        for layer in reversed(range(self.layers)):
            d_inputs = self._layer_backward(d_h, layer, gradients, to_x or layer > 0)
            if d_inputs is None:
                return None, gradients
            self._drop(d_inputs, layer)
            d_h = d_inputs
        return self.packed.unpack(d_h), gradients

    def _layer(self, inputs: Array, layer: int) -> Array:
        """[T, 2H] from inputs [T, n] in packed places."""
        shape, dtype = (len(inputs), self.hidden), inputs.dtype
        out = np.empty((len(inputs), 2 * self.hidden), dtype)
        kept = []
        for direction, suffix in enumerate(_SUFFIXES):
            W_ih, W_hh, b_ih, b_hh = (self.parameters[name] for name in _names(layer, suffix))
            one = _Kept(np.dot(inputs, W_ih.T), *(np.empty(shape, dtype) for _ in range(3)))
            steps = self.packed.steps(reverse=direction == 1)
            column = direction * self.hidden
            if len(inputs):
                forward_steps(one.gates, W_hh, b_ih + b_hh, *steps, *one[1:], out, column)
            kept.append(one)
        self.kept.append(kept)
        return out

    def _layer_backward(
        self, d_out: Array, layer: int, gradients: dict[str, Array], to_inputs: bool
    ) -> Array | None:
        """d loss / d inputs of the layer; its parameters' gradients are put into `gradients`."""
        d_inputs = None
        for direction, suffix in enumerate(_SUFFIXES):
            names = _names(layer, suffix)
            W_ih, W_hh, *_ = (self.parameters[name] for name in names)
            gates, cells, squashed, before = self.kept[layer][direction]
            d_gates = np.empty_like(gates)
            steps = self.packed.steps(reverse=direction == 1)
            column = direction * self.hidden
            if len(gates):
                backward_steps(d_gates, d_out, column, W_hh, *steps, gates, cells, squashed)
            d_bias = np.dot(np.ones(len(gates), gates.dtype), d_gates)  # sooner than sum(axis=0)
            found = (
                np.dot(d_gates.T, self.inputs[layer]),
                np.dot(d_gates.T, before),
                d_bias,
                d_bias.copy(),  # its own array: whoever changes one in place leaves the other
            )
            gradients.update(zip(names, found, strict=True))
            if to_inputs:
                part = np.dot(d_gates, W_ih)
                d_inputs = part if d_inputs is None else np.add(d_inputs, part, out=part)
        return d_inputs

    def _drop(self, rows: Array, block: int) -> None:
        """rows [T, m] in packed places times block `block` of the mask, in place."""
        if self.mask is not None:
            of = self.packed.sentences if self.variational else self.packed.order
            rows *= self.mask[of, self._columns(block)]

    def _columns(self, block: int) -> slice:
        """The columns of the mask for x (block 0) or for the output of a layer (1 and up)."""
        if block == 0:
            return slice(0, self.n)
        end = self.n + 2 * self.hidden * block
        return slice(end - 2 * self.hidden, end)


def _names(layer: int, suffix: str) -> tuple[str, ...]:
    kinds = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
    return tuple(f"lstm.{kind}_l{layer}{suffix}" for kind in kinds)


def _expect(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"{name} has shape {shape}, expected {expected}")
