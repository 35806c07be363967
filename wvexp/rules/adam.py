"""Adam (Kingma and Ba 2015, algorithm 1)."""

from typing import TYPE_CHECKING

from wvexp.backprop import updates
from wvexp.rules.rule import RULES, UpdateRule

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from wvexp.rules.rule import Parameters


class Adam(UpdateRule):
    """Word vectors get its lazy form, as `torch.optim.SparseAdam` applies it."""

    name, first_rate, kernel = "adam", 1e-3, updates.ADAM

    def network(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from torch.optim import Adam as TorchAdam

        return TorchAdam(parameters, lr=lr)

    def rows(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from torch.optim import SparseAdam

        return SparseAdam(list(parameters), lr=lr)


ADAM = RULES.register(Adam())
