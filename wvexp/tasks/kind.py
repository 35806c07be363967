"""TaskKind: what an example is, and what follows from it."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import log
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
    several  whether an example has any number of labels, none too: they are bool [examples, labels]
    numeric  whether it has a number in place of a label: they are float64 [examples]
    constant what is given by whoever has learnt nothing
    weights  float64 [labels], what an example of each label weighs in the loss; None where all
             weigh the same
    """

    name: str
    noun: str
    listed: bool
    several: bool = False
    numeric: bool = False
    constant: str = "the most frequent label"
    weights: NDArray[np.float64] | None = None

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
        """Whether a sentence has one stratum, of which parts that are split off keep the share."""

    def strata(self, labels: Array) -> Integers:
        """The stratum [examples] of each example: what it shares with those that are like it."""
        return labels

    def label_counts(self, labels: Array, number: int) -> NDArray[np.int64]:
        """How many examples have each of the `number` labels."""
        return np.bincount(labels, minlength=number)

    def outputs(self, labels: int) -> int:
        """How many scores of an example a model gives, where there are so many labels."""
        return labels

    def fitted(self, labels: Array, number: int, *, balanced: bool = False) -> "TaskKind":
        """The kind as a run trains it: with what its loss takes from the labels it trains on.

        Parameters
        ----------
        number
            of labels, of which some may not occur
        balanced
            whether an example of label c weighs n / (K n_c): of n examples that have K labels,
            n_c have this one. The labels then weigh the same, and the mean weight is 1.

        Raises
        ------
        UserError
            Weights, for a loss that has none.
        """
        if not balanced:
            return self
        check_balanced(self)
        counts = self.label_counts(labels, number)
        share = len(labels) / np.maximum(counts, 1) / np.count_nonzero(counts)
        weighted = copy.copy(self)
        weighted.weights = np.where(counts, share, 0.0)
        return weighted

    @property
    def state(self) -> dict[str, float]:
        """What a model folder keeps of `fitted`, as `restored` takes it."""
        return {}

    def restored(self, state: Mapping[str, float]) -> "TaskKind":
        """The kind as a saved model uses it; ValueError where the state is another's."""
        if state:
            raise ValueError(f"a {self.name} task keeps nothing of its labels")
        return self

    def losses(self, scores: Array, labels: Array) -> tuple[Array, Array]:
        """The loss [examples] of scores [examples, labels], and its gradient in their shape.

        By hand, and not divided by the number of examples; `torch_loss` is their mean in torch.
        """
        losses, d_scores = softmax_cross_entropy(scores, labels)
        if self.weights is None:
            return losses, d_scores
        weights = self.weights[labels].astype(scores.dtype)
        return weights * losses, weights[:, None] * d_scores

    def torch_loss(self, scores: "Tensor", labels: "Tensor") -> "Tensor":
        """The mean loss of the examples, for autograd."""
        from torch.nn.functional import cross_entropy

        labels = labels.long()
        if self.weights is None:
            return cross_entropy(scores, labels)
        weights = scores.new_tensor(self.weights)
        return cross_entropy(scores, labels, weights, reduction="none").mean()

    @property
    def usual_loss(self) -> bool:
        """Whether the loss is plain cross-entropy, which the quickest engine has compiled."""
        return type(self).losses is TaskKind.losses and self.weights is None

    def guessing_loss(self, outputs: int) -> float:
        """The mean loss of a model that knows nothing."""
        return log(outputs)

    def predict(self, scores: NDArray[np.floating]) -> NDArray[Any]:
        """What the scores [examples, outputs] speak for: the most probable label [examples]."""
        return scores.argmax(axis=1)

    def log_probabilities(self, scores: "Tensor") -> "Tensor":
        """Log-probabilities [examples, labels], of scores in that shape."""
        return scores.log_softmax(1)


def check_balanced(kind: TaskKind) -> None:
    """UserError where the kind's loss has no weights of labels."""
    if type(kind).losses is not TaskKind.losses:
        raise UserError(
            f"optim.class_weight=balanced weighs the labels of cross-entropy, and a {kind.name} "
            "task has another loss",
            "leave optim.class_weight out",
        )


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


def kind_of_text(listed: bool, *, several: bool = False, numeric: bool = False) -> TaskKind:
    """The kind of task that text of this form, with such labels, stands for where nobody says."""
    form = (listed, several, numeric)
    return next(kind for kind in TASKS if (kind.listed, kind.several, kind.numeric) == form)
