"""Adadelta (Zeiler 2012, algorithm 1)."""

from typing import TYPE_CHECKING

from wvexp.backprop import updates
from wvexp.rules.rule import RULES, UpdateRule

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from wvexp.rules.rule import Parameters


class Adadelta(UpdateRule):
    """Word vectors get its lazy form, `wvexp.rules.sparse_adadelta`."""

    name, first_rate, parity_rate, kernel = "adadelta", 1.0, 1.0, updates.ADADELTA

    def network(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from torch.optim import Adadelta as TorchAdadelta

        return TorchAdadelta(parameters, lr=lr)

    def rows(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from wvexp.rules.sparse_adadelta import SparseAdadelta

        return SparseAdadelta(parameters, lr=lr)


ADADELTA = RULES.register(Adadelta())
