"""Bounds in torch: of the gradient's norm, and of the norm of a weight's rows."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


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


def bound_rows(weight: Tensor, most: float) -> None:
    """Scale the rows of `weight` [K, L] that are longer than `most` (Kim 2014, section 2.1)."""
    with torch.no_grad():
        norms = weight.norm(dim=1, keepdim=True)
        weight *= torch.where(norms > most, most / norms, torch.ones_like(norms))
