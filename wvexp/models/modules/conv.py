"""Convolution over the words of a sentence and max over time (Kim 2014, section 2)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from wvexp.models.modules.max_over_time import convolve_and_pool


class ConvEncoder(nn.Module):
    """Filters of several widths over word vectors of `n` numbers, ReLU, max over time, dropout."""

    def __init__(self, n: int, widths: Sequence[int], filters: int) -> None:
        super().__init__()
        self.widths = list(widths)
        self.convolutions = nn.ModuleList(nn.Linear(width * n, filters) for width in widths)

    def forward(self, x: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """h [batch, filters of all widths] of the words x [tokens, n].

        Sentence i is x[offsets[i]:offsets[i + 1]]. One shorter than a filter is padded to the
        filter's width with zero vectors; no span reaches beyond its sentence, so a sentence has
        the same h in whatever batch it stands.
        """
        return self.pool(self.pad(x, offsets), offsets, mask)

    def pad(self, words: Tensor, offsets: Tensor) -> Tensor:
        """`words` [tokens, ...] with zeros after each sentence shorter than the widest filter."""
        lengths, places, begins = self._places(offsets)
        within = torch.arange(len(words), device=words.device)
        padded = words.new_zeros(int(places.sum()), *words.shape[1:])
        padded[within + (begins - offsets[:-1]).repeat_interleave(lengths)] = words
        return padded

    def pool(self, padded: Tensor, offsets: Tensor, mask: Tensor | None) -> Tensor:
        """h as `forward` gives it, of what `pad` gives; `offsets` are those before padding."""
        lengths, _, begins = self._places(offsets)
        pooled = []
        for width, layer in zip(self.widths, self.convolutions, strict=True):
            assert isinstance(layer, nn.Linear)
            starts = (lengths - width).clamp(min=0) + 1
            pooled.append(convolve_and_pool(padded, layer.weight, layer.bias, begins, starts))
        h = torch.cat(pooled, 1)
        return h if mask is None else h * mask

    def _places(self, offsets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each sentence's words, and its places in the padded text: how many, from where."""
        lengths = offsets.diff()
        places = lengths.clamp(min=max(self.widths))
        return lengths, places, places.cumsum(0) - places
