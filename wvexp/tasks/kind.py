"""TaskKind: what an example is, and what follows from it."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.losses import softmax_cross_entropy
from wvexp.errors import UserError
from wvexp.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[Any]
Integers = NDArray[Any]


class TaskKind(ABC):
    """One kind of task. A further one subclasses `TokenTask` or `SentenceTask`.

    name    as `data.task` names it
    noun    what an example is called, in the singular
    listed  whether text comes as a list of words with a list of labels, as in CoNLL files; or else
            as one text with one label
    """

    name: str
    noun: str
    listed: bool

    @property
    def nouns(self) -> str:
        """What examples are called, and what a training size counts."""
        return f"{self.noun}s"

    @abstractmethod
    def examples(self, sentences: int, tokens: int) -> int:
        """How many examples so much text holds."""

    @abstractmethod
    def chosen(self, sentences: Integers, tokens: Integers) -> Integers:
        """Of the sentences and tokens taken from a text, the places of the examples among all."""

    @abstractmethod
    def of_examples(self, of_sentences: Array, offsets: NDArray[np.int64]) -> Array:
        """The value [examples] of each example, from that of its sentence [sentences].

        offsets int64 [sentences + 1]: sentence i is the tokens from offsets[i] to offsets[i+1].
        """

    @abstractmethod
    def cut(self, values: Array, offsets: NDArray[np.int64]) -> list[Array]:
        """What belongs to the examples [examples, ...], sentence by sentence."""

    @abstractmethod
    def sentences_for(self, size: int, lengths: Integers) -> int:
        """How many sentences, of `lengths` tokens in their order, reach `size` examples."""

    @abstractmethod
    def order(self, labels: Integers, shuffled: Integers, rng: np.random.Generator) -> Integers:
        """The seed's order of the sentences, from a random one: every prefix is a training set."""

    @property
    @abstractmethod
    def stratified(self) -> bool:
        """Whether a sentence has one label, of which parts that are split off keep the share."""

    def losses(self, scores: Array, labels: Array) -> tuple[Array, Array]:
        """The loss [examples] of scores [examples, labels], and its gradient in their shape.

        By hand, and not divided by the number of examples; `torch_loss` is their mean in torch.
        """
        return softmax_cross_entropy(scores, labels)

    def torch_loss(self, scores: "Tensor", labels: "Tensor") -> "Tensor":
        """The mean loss of the examples, for autograd."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(scores, labels.long())

    @property
    def usual_loss(self) -> bool:
        """Whether the loss is cross-entropy, which the quickest engine has compiled."""
        return type(self).losses is TaskKind.losses

    def predict(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """The label [examples] that the scores [examples, labels] speak for: the most probable.

        Scores are log-probabilities, or differ from them by a number for each example.
        """
        return scores.argmax(axis=1)


def _check(kind: TaskKind) -> None:
    """UserError where the two forms of the loss are not those of one class."""
    by_hand, in_torch = (
        next(one for one in type(kind).__mro__ if name in vars(one))
        for name in ("losses", "torch_loss")
    )
    if by_hand is not in_torch:
        raise UserError(
            f"data.task={kind.name} takes losses of {by_hand.__name__} and torch_loss of "
            f"{in_torch.__name__}",
            "define both: one is the mean of the other",
        )


TASKS: Registry[TaskKind] = Registry("data.task", TaskKind, _check)


def kind_of_text(listed: bool) -> TaskKind:
    """The kind of task that text of this form stands for where nobody says."""
    return next(kind for kind in TASKS if kind.listed == listed)
