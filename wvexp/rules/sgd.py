"""Stochastic gradient descent (Robbins and Monro 1951)."""

from typing import TYPE_CHECKING

from wvexp.backprop import updates
from wvexp.rules.rule import RULES, UpdateRule

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from wvexp.rules.rule import Parameters


class Sgd(UpdateRule):
    """The gradient times the rate."""

    name, first_rate, parity_rate, kernel, exact = "sgd", 1e-1, 1e-2, updates.SGD, True

    def network(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from torch.optim import SGD as TorchSgd  # noqa: N811

        return TorchSgd(parameters, lr=lr)


SGD = RULES.register(Sgd())
