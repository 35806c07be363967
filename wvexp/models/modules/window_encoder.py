"""Every token from the window around it (Collobert et al. 2011, section 3.2.1)."""

import torch
from torch import Tensor, nn


class WindowEncoder(nn.Module):
    """h_t = tanh(W [x_{t-m//2}; ...; x_{t+m//2}] + b); the windows themselves with `hidden=0`.

    Beyond the edges of a sentence stands the zero vector.
    """

    def __init__(self, inputs: int, window: int, hidden: int) -> None:
        super().__init__()
        self.window = window
        self.hidden = nn.Linear(window * inputs, hidden) if hidden else None

    def forward(self, x: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """[T, hidden], or [T, window * n], of x [T, n].

        Sentence i is x[offsets[i]:offsets[i+1]]. `mask`, in the shape of what is returned, is a
        dropout mask, already divided by the share kept.
        """
        lengths = offsets.diff()
        first, end = (
            side.repeat_interleave(lengths)[:, None] for side in (offsets[:-1], offsets[1:])
        )
        shifts = torch.arange(self.window, device=x.device) - self.window // 2
        places = torch.arange(len(x), device=x.device)[:, None] + shifts  # [T, window]
        outside = (places < first) | (places >= end)
        with_zero = torch.cat([x, x.new_zeros(1, x.shape[1])])
        h = with_zero[places.masked_fill(outside, len(x))].flatten(1)
        if self.hidden is not None:
            h = torch.tanh(self.hidden(h))
        return h if mask is None else h * mask
