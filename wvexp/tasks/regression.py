"""A number per text, as a rating or a price."""

import copy
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.losses import squared_error
from wvexp.tasks.kind import TASKS, Array, Integers, TaskKind
from wvexp.tasks.sentence import SentenceTask

if TYPE_CHECKING:
    from torch import Tensor

_STRATA = 10


class RegressionTask(SentenceTask):
    """One output, squared error. Numbers are learnt as (number - mean) / spread.

    Labels and predictions are float64 [examples], in the units of the data.

    mean, spread  of the numbers that a run trains on; 0 and 1 before `fitted`
    """

    name, noun, numeric = "regression", "sentence", True
    constant = "the mean of training"
    mean: float = 0.0
    spread: float = 1.0

    def strata(self, labels: Array) -> Integers:
        """Tenths by value, so that parts that are split off hold low and high numbers alike."""
        if not len(labels):
            return np.empty(0, dtype=np.int64)
        edges = np.quantile(labels, np.arange(1, _STRATA) / _STRATA)
        return np.searchsorted(edges, labels, side="right")

    def label_counts(self, labels: Array, number: int) -> NDArray[np.int64]:
        return np.zeros(number, dtype=np.int64)

    def outputs(self, labels: int) -> int:
        return 1

    def fitted(self, labels: Array, number: int, *, balanced: bool = False) -> TaskKind:
        super().fitted(labels, number, balanced=balanced)
        return self._over(float(np.mean(labels)), float(np.std(labels)) or 1.0)

    @property
    def state(self) -> dict[str, float]:
        return {"average": self.mean, "spread": self.spread}

    def restored(self, state: Mapping[str, float]) -> TaskKind:
        if state.keys() != {"average", "spread"} or not all(
            isinstance(value, float) and isfinite(value) for value in state.values()
        ):
            raise ValueError(f"average and spread are {dict(state)!r}")
        if state["spread"] <= 0:
            raise ValueError(f"the spread is {state['spread']:g}")
        return self._over(state["average"], state["spread"])

    def _over(self, mean: float, spread: float) -> TaskKind:
        fitted = copy.copy(self)
        fitted.mean, fitted.spread = mean, spread
        return fitted

    def losses(self, scores: Array, labels: Array) -> tuple[Array, Array]:
        return squared_error(scores, ((labels - self.mean) / self.spread).astype(scores.dtype))

    def torch_loss(self, scores: "Tensor", labels: "Tensor") -> "Tensor":
        from torch.nn.functional import mse_loss

        return mse_loss(scores[:, 0], ((labels - self.mean) / self.spread).to(scores.dtype))

    def guessing_loss(self, outputs: int) -> float:
        return 1.0

    def predict(self, scores: NDArray[np.floating]) -> NDArray[np.float64]:
        return self.mean + self.spread * scores[:, 0].astype(np.float64)

    def log_probabilities(self, scores: "Tensor") -> "Tensor":
        return scores.new_zeros(scores.shape)  # a number is given without


REGRESSION = TASKS.register(RegressionTask())
