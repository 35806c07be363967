"""Convolution over the words of a sentence and max over time (Kim 2014, section 2), by hand.

For each width w, with X_t the w words from place t on, one after another [w n]:

    s_t = W X_t + b                              [F]    at each place of the sentence
    p = max(0, s_1, s_2, ...)                    [F]    by filter: ReLU and max over time
    h = [p of the first width; p of the second; ...] * mask

The derivation is in docs/backprop-conv.md, under the same names.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.pooling import add_winners, max_over_time


class _Forward(NamedTuple):
    """What backward reads of the last forward.

    text     [P, n]                 the words, short sentences padded to the widest filter
    places   int64 [T]              the place of each word in it
    winners  int64 [widths, B, F]   where the winning span begins; -1 for none
    mask     [B, F * widths]        or None
    """

    text: Array
    places: NDArray[np.int64]
    winners: NDArray[np.int64]
    mask: Array | None


class ConvEncoder:
    """Filters of several widths, ReLU, max over time, dropout: one h for each sentence.

    A sentence shorter than a filter is padded with zero vectors to the filter's width; no span
    reaches beyond its sentence. Of equal scores the first has the gradient, and none where no
    score is above 0.

    Parameters
    ----------
    parameters
        convolutions.{i}.weight [F, w n] and convolutions.{i}.bias [F] for the i-th of the widths.
        The arrays are read anew on each call: an optimiser may change them in place.
    widths
        words that the filters span
    """

    def __init__(self, parameters: Mapping[str, Array], *, widths: Sequence[int]) -> None:
        self.parameters, self.widths = parameters, list(widths)
        self._last: _Forward | None = None

    def forward(self, x: Array, offsets: NDArray[np.int64], mask: Array | None = None) -> Array:
        """h [B, F * widths] of x [T, n]; sentence i is x[offsets[i]:offsets[i + 1]].

        `mask` [B, F * widths] is a dropout mask, already divided by the share kept.
        """
        n, B = x.shape[1], len(offsets) - 1
        narrowest, widest = min(self.widths), max(self.widths)
        lengths = np.diff(offsets)
        held = np.maximum(lengths, widest)
        begins = np.cumsum(held) - held
        places = np.arange(len(x)) + np.repeat(begins - offsets[:-1], lengths)
        # Beyond the last sentence, room for the widest span at the narrowest's last place.
        text = np.zeros((held.sum() + widest - narrowest, n), x.dtype)
        text[places] = x
        # The spans that some filter reads, each once and as long as the widest: [rows, widest n].
        counts = np.maximum(lengths - narrowest, 0) + 1
        rows = np.cumsum(counts) - counts
        starts = np.arange(counts.sum()) + np.repeat(begins - rows, counts)
        spans = sliding_window_view(text.ravel(), widest * n)[starts * n]

        F = len(self._weight(0))
        pooled = np.empty((len(self.widths), B, F), x.dtype)
        winners = np.empty(pooled.shape, np.int64)
        for i, width in enumerate(self.widths):
            scores = spans[:, : width * n] @ self._weight(i).T
            scores += self.parameters[f"convolutions.{i}.bias"]
            counts = np.maximum(lengths - width, 0) + 1
            max_over_time(scores, rows, begins, counts, pooled[i], winners[i])
        self._last = _Forward(text, places, winners, mask)
        h = pooled.transpose(1, 0, 2).reshape(B, -1)
        return h if mask is None else h * mask

    def backward(self, upstream: Array, *, to_x: bool) -> tuple[Array | None, dict[str, Array]]:
        """d_x [T, n], or None, and the gradient of every parameter; `upstream` is d loss / d h."""
        assert self._last is not None, "backward comes after forward"
        text, places, winners, mask = self._last
        delta = upstream if mask is None else upstream * mask
        d_text = np.zeros_like(text) if to_x else text[:0]
        gradients = {}
        for i, of_width in enumerate(np.split(delta, len(self.widths), axis=1)):
            weight = self._weight(i)
            d_weight, d_bias = np.zeros_like(weight), np.zeros(len(weight), weight.dtype)
            add_winners(
                np.ascontiguousarray(of_width),
                winners[i],
                text.ravel(),
                weight,
                d_weight,
                d_bias,
                d_text.ravel(),
                text.shape[1],
            )
            gradients[f"convolutions.{i}.weight"] = d_weight
            gradients[f"convolutions.{i}.bias"] = d_bias
        return d_text[places] if to_x else None, gradients

    def _weight(self, i: int) -> Array:
        return self.parameters[f"convolutions.{i}.weight"]
