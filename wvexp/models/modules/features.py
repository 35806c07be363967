"""The vectors of the tokens' features beside those of their words."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class FeatureTables(nn.ModuleDict):
    """A table for each feature, under its name: an embedding with sparse gradients.

    Parameters
    ----------
    shapes
        (rows, dim) of each feature's table
    slots
        the features by name, in the order of their columns, with the number of these
    """

    def __init__(self, shapes: Mapping[str, tuple[int, int]], slots: Mapping[str, int]) -> None:
        super().__init__({name: nn.Embedding(*shapes[name], sparse=True) for name in slots})
        self.slots = dict(slots)

    def forward(self, vectors: Tensor, ids: Tensor) -> Tensor:
        """[T, d + sum of slots * dim] of vectors [T, d] and ids [T, sum of slots]."""
        columns = ids.split(list(self.slots.values()), dim=1)
        looked_up = [
            table(rows).flatten(1) for table, rows in zip(self.values(), columns, strict=True)
        ]
        return torch.cat([vectors, *looked_up], 1)
