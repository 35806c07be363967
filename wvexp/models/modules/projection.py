"""Word vectors that stay, behind one learned linear map."""

import torch
from torch import Tensor, nn


class ProjectedEmbedding(nn.Embedding):
    """An embedding whose rows are read through `projection` M [d, d], at first the identity.

    A module that calls its embedding need not know of it; one that takes the rows themselves, by
    `weight`, passes what it makes of them to `projected`.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__(weight.shape[0], weight.shape[1], sparse=True, _weight=weight)
        self.projection = nn.Parameter(torch.eye(weight.shape[1], dtype=weight.dtype))

    def forward(self, rows: Tensor) -> Tensor:
        """M E_r [..., d] of int rows [...]."""
        return projected(self, super().forward(rows))


def projected(embedding: nn.Embedding, vectors: Tensor) -> Tensor:
    """M v of sums or means of its rows [..., d], where the embedding has a map; else the same."""
    if isinstance(embedding, ProjectedEmbedding):
        return vectors @ embedding.projection.T
    return vectors
