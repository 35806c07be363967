"""`wvexp.backprop.mean_encoder` in torch."""

import torch
from torch import Tensor, nn

from wvexp.backprop.mean_encoder import LEARNED, check_inputs, check_pooling


class MeanEncoder(nn.Module):
    """Mean, weighted mean, attention or maximum of a sentence's words, then a tanh layer.

    `inputs` is n, the size of a word's vector; everything else is as in the encoder by hand.
    """

    def __init__(self, inputs: int, *, pool: str, weights: str, hidden: int) -> None:
        super().__init__()
        self.averaged, self.largest = check_pooling(pool, weights)
        self.weights = weights
        self.attention = nn.Linear(inputs, 1, bias=False) if weights == LEARNED else None
        pooled = inputs * (self.averaged + self.largest)
        self.hidden = nn.Linear(pooled, hidden) if hidden else None

    def forward(
        self,
        x: Tensor,
        offsets: Tensor,
        mask: Tensor | None = None,
        *,
        token_weights: Tensor | None = None,
        extra: Tensor | None = None,
    ) -> Tensor:
        """h [B, m]; arguments as those of the encoder by hand."""
        check_inputs(self.averaged, self.weights, token_weights, extra)
        lengths = offsets.diff()
        sentence = torch.arange(len(lengths), device=x.device).repeat_interleave(lengths)
        place = torch.arange(len(x), device=x.device) - offsets[:-1][sentence]
        parts = []
        if self.averaged:
            parts.append(self._mean(x, sentence, place > 0, len(lengths), token_weights, extra))
        if self.largest:
            parts.append(_largest(x, sentence, place, lengths))
        h = torch.cat(parts, 1)
        if self.hidden is not None:
            h = torch.tanh(self.hidden(h))
        return h if mask is None else h * mask

    def _mean(
        self,
        x: Tensor,
        sentence: Tensor,
        second: Tensor,
        sentences: int,
        weights: Tensor | None,
        extra: Tensor | None,
    ) -> Tensor:
        """Weighted mean [B, n] of words and bigrams; `second` [T]: has the word one before it?"""
        items, owner = x, sentence
        if weights is not None:
            weights = weights.to(x.dtype)
        if extra is not None:
            items = torch.cat([x, extra[second]])
            owner = torch.cat([sentence, sentence[second]])
            if weights is not None:
                pairs = (weights + weights.roll(1)) / 2
                weights = torch.cat([weights, pairs[second]])
        if self.attention is not None:
            scores = self.attention(items)[:, 0]
            # The softmax does not feel the shift; exp does.
            shift = scores.new_zeros(sentences).scatter_reduce(
                0, owner, scores.detach(), "amax", include_self=False
            )
            weights = torch.exp(scores - shift[owner])
        elif weights is None:
            weights = items.new_ones(len(items))
        total = weights.new_zeros(sentences).index_add(0, owner, weights)
        total = torch.where(total > 0, total, 1)
        mean = items.new_zeros(sentences, items.shape[1])
        return mean.index_add(0, owner, items * (weights / total[owner])[:, None])


def _largest(x: Tensor, sentence: Tensor, place: Tensor, lengths: Tensor) -> Tensor:
    """Each dimension's maximum [B, n], of equal ones the first; 0 for a sentence without words."""
    longest = max(1, int(lengths.max())) if len(lengths) else 1
    padded = x.new_full((len(lengths) * longest, x.shape[1]), -torch.inf)
    padded[sentence * longest + place] = x.detach()
    winners = (
        padded.view(len(lengths), longest, -1).max(1).indices
        + (lengths.cumsum(0) - lengths)[:, None]
    )
    # A last row of zeros is the word of sentences without any. Through `gather` the gradient comes
    # to the winners alone; through the padded array it would pass every place of it.
    winners = torch.where(lengths[:, None] > 0, winners, len(x))
    return torch.cat([x, x.new_zeros(1, x.shape[1])]).gather(0, winners)
