"""Bidirectional LSTM encoder (Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005)."""

import torch
from torch import Tensor, nn


class BiLstmEncoder(nn.Module):
    """`nn.LSTM` on packed sequences; a vector per token, or pooled to one per sentence.

    The arguments are those of `wvexp.backprop.lstm.BiLstmEncoder`.
    """

    def __init__(
        self,
        n: int,
        *,
        hidden: int,
        layers: int,
        pool: str | None = None,
        variational: bool = True,
    ) -> None:
        super().__init__()
        if pool is not None and pool not in _POOLS:
            raise ValueError(f"pool {pool!r}: expected None or one of {', '.join(_POOLS)}")
        if pool is not None and not variational:
            raise ValueError("variational=False with pool: a mask's rows are sentences")
        self.pool, self.variational = pool, variational
        self.lstm = nn.LSTM(n, hidden, layers, bidirectional=True)

    def forward(self, x: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """[T, 2H], or [B, 2H] with `pool`, of x [T, n] and offsets [B + 1].

        mask [B, n + 2H layers], or [T, ...] without `variational`, multiplies x and the output of
        each layer, of the last one after pooling.
        """
        if len(x) == 0:
            vectors = 0 if self.pool is None else len(offsets) - 1
            return x.new_zeros(vectors, 2 * self.lstm.hidden_size)
        lengths = offsets.diff()
        sentence = torch.arange(len(lengths), device=x.device).repeat_interleave(lengths)
        time = torch.arange(len(x), device=x.device) - offsets[sentence]
        of_tokens = mask if mask is None or not self.variational else mask[sentence]
        # Places in a packed sequence: by time, then by the rank of the sentence's length.
        rank = lengths.argsort(descending=True, stable=True).argsort()
        order = (time * len(lengths) + rank[sentence]).argsort()
        h = self._states(
            x[order], time.bincount().cpu(), None if of_tokens is None else of_tokens[order]
        )[order.argsort()]
        last_block = slice(-2 * self.lstm.hidden_size, None)
        if self.pool is None:
            return h if of_tokens is None else h * of_tokens[:, last_block]
        pooled = _POOLS[self.pool](h, lengths, sentence, time)
        return pooled if mask is None else pooled * mask[:, last_block]

    def _states(self, h: Tensor, batch_sizes: Tensor, mask: Tensor | None) -> Tensor:
        """[T, 2H] of h [T, n], both in packed places; dropout before each layer."""
        column = 0
        weights = self.lstm.all_weights
        for layer in range(self.lstm.num_layers):
            if mask is not None:
                h = h * mask[:, column : column + h.shape[1]]
                column += h.shape[1]
            zeros = h.new_zeros(2, int(batch_sizes[0]), self.lstm.hidden_size)
            # As nn.LSTM calls it, but for one layer: its dropout would draw a mask of its own.
            h, _, _ = torch.lstm(
                h,
                batch_sizes,
                (zeros, zeros),
                [*weights[2 * layer], *weights[2 * layer + 1]],
                True,  # has biases
                1,  # layer
                0.0,  # dropout
                self.training,
                True,  # bidirectional
            )
        return h


def _last(h: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor) -> Tensor:
    """The forward state at the last token beside the backward state at the first."""
    H = h.shape[1] // 2
    filled = lengths > 0
    last = lengths.cumsum(0)[filled] - 1
    pooled = h.new_zeros(len(lengths), 2 * H)
    pooled[filled] = torch.cat([h[last, :H], h[last - lengths[filled] + 1, H:]], 1)
    return pooled


def _max(h: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor) -> Tensor:
    largest = _padded(h, lengths, sentence, time, -torch.inf).max(1).values
    return largest.where(lengths[:, None] > 0, 0.0)


def _mean(h: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor) -> Tensor:
    total = _padded(h, lengths, sentence, time, 0.0).sum(1)
    return total / lengths.clamp(min=1)[:, None]


def _padded(h: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor, fill: float) -> Tensor:
    """[B, longest, m] of h [T, m]."""
    padded = h.new_full((len(lengths), int(lengths.max()), h.shape[1]), fill)
    padded[sentence, time] = h
    return padded


# [B, 2H] of h [T, 2H]; of a sentence without tokens 0.
_POOLS = {"last": _last, "max": _max, "mean": _mean}
