"""UpdateRule: how gradients move parameters, in torch and in the compiled engine."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wvexp.backprop import updates
from wvexp.errors import UserError
from wvexp.registry import Registry

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer

    Parameters = Sequence[nn.Parameter]


class UpdateRule(ABC):
    """One update rule.

    name         as `optim` names it
    first_rate   the lowest of the learning rates with which a decision begins, and the default
    parity_rate  rate at which the two engines are compared: one at which a run diverges would
                 compare nothing
    kernel       its number in `wvexp.backprop.kernels`; None where torch alone has it
    exact        whether a step is the gradient times the rate: then rounding is not enlarged
    """

    name: str
    first_rate: float
    parity_rate: float = 1e-3
    kernel: int | None = None
    exact: bool = False

    @abstractmethod
    def network(self, parameters: "Parameters", lr: float) -> "Optimizer":
        """torch's optimizer of the network."""

    def rows(self, parameters: "Parameters", lr: float) -> "Optimizer":
        """That of the word vectors, whose gradients are sparse: it moves a batch's rows alone."""
        return self.network(parameters, lr)


_KERNELS = (updates.ADAM, updates.ADAGRAD, updates.SGD, updates.ADADELTA)


def _check(rule: UpdateRule) -> None:
    """UserError where the compiled engine has no rule of that number."""
    if rule.kernel is not None and rule.kernel not in _KERNELS:
        raise UserError(
            f"optim={rule.name} has kernel={rule.kernel!r}, which the compiled engine has not",
            "leave it out: torch alone has the rule",
        )


RULES: Registry[UpdateRule] = Registry("optim", UpdateRule, _check)
