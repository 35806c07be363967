"""Adadelta of parameters whose gradients are sparse: a step touches the rows of its batch alone."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer


class SparseAdadelta(Optimizer):
    """`torch.optim.Adadelta`, lazy: what `torch.optim.SparseAdam` is to Adam.

    The averages of a row that is not in the gradient stay as they are: they decay by the steps of
    the row, not by those of the table.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of every parameter [R, d] by its sparse gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr, rho, eps = group["lr"], group["rho"], group["eps"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad.coalesce()
                rows, g = gradient.indices()[0], gradient.values()
                state = self.state[parameter]
                if not state:
                    state["square_avg"] = torch.zeros_like(parameter)
                    state["acc_delta"] = torch.zeros_like(parameter)
                squares, steps = state["square_avg"], state["acc_delta"]
                squares[rows] = rho * squares[rows] + (1 - rho) * g * g
                step = g * (steps[rows] + eps).sqrt() / (squares[rows] + eps).sqrt()
                steps[rows] = rho * steps[rows] + (1 - rho) * step * step
                parameter[rows] -= lr * step
        return loss
