"""Adagrad (Duchi et al. 2011, section 1.1, its diagonal form)."""

from typing import TYPE_CHECKING

from wvexp.backprop import updates
from wvexp.rules.rule import RULES, UpdateRule

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from wvexp.rules.rule import Parameters


class Adagrad(UpdateRule):
    """The same rule for the network and the word vectors."""

    name, first_rate, parity_rate, kernel = "adagrad", 1e-2, 1e-2, updates.ADAGRAD

    def network(self, parameters: "Parameters", lr: float) -> "Optimizer":
        from torch.optim import Adagrad as TorchAdagrad

        return TorchAdagrad(parameters, lr=lr)


ADAGRAD = RULES.register(Adagrad())
