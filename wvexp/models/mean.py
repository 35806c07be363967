"""The mean-of-vectors classifier of sentence tasks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wvexp.models.headed import HeadByHand, HeadedModel
from wvexp.models.spec import MODELS, dropout_key, hidden_key
from wvexp.tasks import SentenceTask

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MeanKeys:
    hidden: int = hidden_key()
    dropout: float = dropout_key()


def _oracle() -> Any:
    from wvexp.backprop.mean import MeanClassifier

    return MeanClassifier


class Mean(HeadedModel):
    """Each sentence by the mean of its vectors (`wvexp.models.modules.mean`)."""

    name = "mean"
    tasks = (SentenceTask,)
    keys = MeanKeys
    by_hand = HeadByHand(_oracle)
    seconds, usual = 4e-6, True

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.mean import MeanModel

        return MeanModel(embedding, keys.hidden, classes)

    def inputs(self, d: int, keys: Any) -> int:
        return d


MEAN = MODELS.register(Mean())
