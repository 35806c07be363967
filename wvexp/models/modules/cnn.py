"""Convolutional sentence classifier (Kim 2014, section 2)."""

import torch
from torch import Tensor, nn

from wvexp.models.modules.max_over_time import convolve_and_pool


class CnnModel(nn.Module):
    """Filters of several widths over the word vectors, ReLU, max over time, dropout, softmax."""

    def __init__(
        self, embedding: nn.Embedding, widths: list[int], filters: int, classes: int
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.widths = widths
        d = embedding.embedding_dim
        self.convolutions = nn.ModuleList(nn.Linear(width * d, filters) for width in widths)
        self.output = nn.Linear(filters * len(widths), classes)

    def forward(self, rows: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits [batch, classes]; arguments as `MeanModel.forward`.

        A sentence shorter than a filter is padded to the filter's width with the zero PAD vector;
        no span reaches beyond its sentence, so a sentence scores the same in whatever batch it
        stands.
        """
        lengths = offsets.diff()
        places = lengths.clamp(min=max(self.widths))
        begins = places.cumsum(0) - places
        padded = rows.new_zeros(int(places.sum()))  # row 0 is PAD
        within = torch.arange(len(rows), device=rows.device)
        padded[within + (begins - offsets[:-1]).repeat_interleave(lengths)] = rows
        x = self.embedding(padded)  # [places, d]
        pooled = []
        for width, layer in zip(self.widths, self.convolutions, strict=True):
            assert isinstance(layer, nn.Linear)
            starts = (lengths - width).clamp(min=0) + 1
            pooled.append(convolve_and_pool(x, layer.weight, layer.bias, begins, starts))
        h = torch.cat(pooled, 1)
        logits: Tensor = self.output(h if mask is None else h * mask)
        return logits
