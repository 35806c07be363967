"""What a run asks of whoever computes its gradients."""

from collections.abc import Callable
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import RunError
from wvexp.models.draw import Parameters
from wvexp.tasks import TaskKind
from wvexp.training.examples import Examples

# A mean loss this many times that of guessing uniformly means that the run has diverged.
_DIVERGED = 50


def never() -> bool:
    """`should_stop` of a run that nobody stops."""
    return False


class Engine(Protocol):
    """One model in training."""

    def train_epoch(
        self,
        examples: Examples,
        batch_size: int,
        order: NDArray[np.integer],
        rows: NDArray[np.int32],
        masks: np.random.Generator,
        *,
        move_rows: bool,
        should_stop: Callable[[], bool] = never,
    ) -> float:
        """One pass over `order`; the mean loss of its batches.

        Parameters
        ----------
        rows
            int32 [tokens], stands in for `examples.rows`, with some words replaced by UNK.
        masks
            Where dropout masks are drawn from, batch after batch.
        move_rows
            Whether the trainable rows move in this epoch.
        should_stop
            Asked before every few thousand examples at the latest.

        Raises
        ------
        RunStopped
            `should_stop` said so; the model stands in the middle of the epoch.
        RunError
            The loss is not finite, or far above that of guessing.
        """
        ...

    def predict(self, examples: Examples) -> NDArray[Any]:
        """What `TaskKind.predict` makes of each example [examples], without dropout.

        Raises
        ------
        RunError
            The scores are no numbers: the last update went too far.
        """
        ...

    def parameters(self) -> Parameters:
        """Every parameter by its name in the torch module, the word vectors as
        `embedding.weight` [rows, d]; later training leaves these arrays as they are."""
        ...

    def snapshot(self) -> Parameters:
        """A copy of what training changes, for `restore`."""
        ...

    def restore(self, snapshot: Parameters) -> None:
        """Take the parameters of a `snapshot`; the optimizer's moments stay."""
        ...


def check_loss(mean: float, kind: TaskKind, classes: int) -> None:
    """Raises RunError where the mean loss of an epoch says that training diverged."""
    if not isfinite(mean) or mean > _DIVERGED * (1 + kind.guessing_loss(classes)):
        raise RunError(f"training diverged: mean loss {mean:.3g}; lower optim.lr")


def check_rows(rows: NDArray[np.int32], trained: int) -> None:
    """ValueError for a row outside the training vocabulary, whose rows end before `trained`."""
    if rows.max(initial=0) >= trained:
        raise ValueError(f"row {rows.max()} is trained, but those of training end at {trained - 1}")


def finite(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scores; RunError where one of them is not a number."""
    if not np.isfinite(scores).all():
        raise RunError("training diverged: the scores are not numbers; lower optim.lr")
    return scores
