"""A bound on the norm of the gradient, in torch."""

from collections.abc import Iterable

import torch
from torch import nn


def clip_gradients(parameters: Iterable[nn.Parameter], most: float) -> None:
    """Scale all gradients, those of rows alone among them, where their common norm is above `most`.

    Pascanu et al. (2013), algorithm 1.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    values = [g.coalesce().values() if g.is_sparse else g for g in gradients]
    norm = float(torch.sqrt(sum((v.square().sum() for v in values), torch.zeros(()))))
    if norm > most:
        for gradient in gradients:
            gradient.mul_(most / norm)
