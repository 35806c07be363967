"""Convolutional sentence classifier (Kim 2014, section 2)."""

import torch
from torch import Tensor, nn


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
        places beyond a sentence's end never win the maximum, so a sentence scores the same in
        whatever batch it stands.
        """
        lengths = offsets.diff()
        longest = max(int(lengths.max()), *self.widths)
        places = torch.arange(longest, device=rows.device)
        inside = places < lengths[:, None]
        padded = rows.new_zeros(inside.shape)  # row 0 is PAD
        padded[inside] = rows
        x = self.embedding(padded)  # [batch, longest, d]
        pooled = []
        for width, convolution in zip(self.widths, self.convolutions, strict=True):
            spans = x.unfold(1, width, 1).transpose(2, 3).flatten(2)  # [batch, starts, width * d]
            scores = torch.relu(convolution(spans))
            starts = (lengths - width).clamp(min=0) + 1  # filter positions inside the sentence
            beyond = places[: scores.shape[1]] >= starts[:, None]
            # ReLU's least value is 0: a place set to 0 cannot win over one inside the sentence.
            pooled.append(scores.masked_fill(beyond[..., None], 0).amax(1))
        h = torch.cat(pooled, 1)
        logits: Tensor = self.output(h if mask is None else h * mask)
        return logits
