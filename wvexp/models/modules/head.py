"""The layers that the window and the mean classifier share."""

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """tanh hidden layer and linear output: logits = U tanh(W x + b) + c.

    With `hidden=0` there is no hidden layer: logits = U x + c.
    """

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden) if hidden else None
        self.output = nn.Linear(hidden or inputs, classes)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits [batch, classes] of x [batch, inputs].

        `mask` [batch, inputs of the output layer] multiplies what the output layer receives; it
        is a dropout mask, already divided by the share kept.
        """
        h = x if self.hidden is None else torch.tanh(self.hidden(x))
        logits: Tensor = self.output(h if mask is None else h * mask)
        return logits
