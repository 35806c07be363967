"""Any number of labels per text, none too, as topics or emotions."""

from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.losses import binary_cross_entropy
from wvexp.tasks.kind import TASKS, Array, Integers
from wvexp.tasks.sentence import SentenceTask

if TYPE_CHECKING:
    from torch import Tensor


class MultilabelTask(SentenceTask):
    """Each label a question of its own: binary cross-entropy; given where p >= 0.5.

    Labels and predictions are bool [examples, labels].
    """

    name, noun, several = "multilabel", "sentence", True
    constant = "the most frequent labels"

    def strata(self, labels: Array) -> Integers:
        """The rarest label of each text: parts that are split off hold the rare ones too."""
        counts = labels.sum(axis=0)
        rarity = np.where(labels, counts, len(labels) + 1)
        none = labels.shape[1]
        return np.where(labels.any(axis=1), rarity.argmin(axis=1), none)

    def label_counts(self, labels: Array, number: int) -> NDArray[np.int64]:
        counts = np.zeros(number, dtype=np.int64)
        counts[: labels.shape[1]] = labels.sum(axis=0)
        return counts

    def losses(self, scores: Array, labels: Array) -> tuple[Array, Array]:
        return binary_cross_entropy(scores, labels)

    def torch_loss(self, scores: "Tensor", labels: "Tensor") -> "Tensor":
        from torch.nn.functional import binary_cross_entropy_with_logits

        wanted = labels.to(scores.dtype)
        return binary_cross_entropy_with_logits(scores, wanted, reduction="none").sum(1).mean()

    def guessing_loss(self, outputs: int) -> float:
        return outputs * log(2)

    def predict(self, scores: NDArray[np.floating]) -> NDArray[np.bool_]:
        return scores >= 0

    def log_probabilities(self, scores: "Tensor") -> "Tensor":
        from torch.nn.functional import logsigmoid

        return logsigmoid(scores)


MULTILABEL = TASKS.register(MultilabelTask())
