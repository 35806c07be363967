"""A bound on the norm of each row of a weight, as `wvexp.backprop.norms` has it."""

import torch
from torch import Tensor


@torch.no_grad()
def constrain_rows(weight: Tensor, most: float) -> None:
    """Scale the rows of `weight` [K, L] whose norm is above `most` to that norm, in place."""
    norms = weight.norm(dim=1, keepdim=True)
    weight.mul_(torch.where(norms > most, most / norms, 1.0))
