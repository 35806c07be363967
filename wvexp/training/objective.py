"""What torch minimises: the batch's loss and the penalties, for one model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.errors import UserError
from wvexp.models.network import network_parameters
from wvexp.tasks import TaskKind
from wvexp.training.examples import Inputs


@dataclass(frozen=True)
class Step:
    """One batch as a model sees it.

    inputs  windows [batch, window], or rows [tokens], offsets [texts + 1] and between them what
            there is of the features' ids [tokens, slots] and the words' weights [tokens]
    labels  [batch, ...] as `Split.labels`, or of tagged texts [tokens]
    mask    a dropout mask divided by the share kept, of `ModelSpec.mask_shape`; or None
    """

    inputs: Inputs
    labels: NDArray[Any]
    mask: NDArray[np.float32] | None


class Objective:
    """Mean loss of the batch + l2/2 (‖W‖² + ‖rows‖²) + anchor/2 ‖rows − start‖².

    W are the network's weights without biases; rows are the distinct trainable rows of the batch,
    once each.

    Parameters
    ----------
    model
        A module of `wvexp.models`, in float32 or float64.
    classes
        Number of labels.
    kind
        The kind of task, which has the loss.
    trainable
        Mask [rows] of the rows that may move; none in a frozen arm.
    start
        The rows' starting values [rows, d].
    fixed
        How many numbers of each row never move, the first ones.
    """

    def __init__(
        self,
        model: nn.Module,
        classes: int,
        kind: TaskKind,
        trainable: Tensor,
        start: Tensor,
        l2: float,
        anchor: float,
        fixed: int = 0,
    ) -> None:
        self.model, self.classes, self.kind = model, classes, kind
        self.trainable, self.start = trainable, start
        self.l2, self.anchor, self.fixed = l2, anchor, fixed
        self.rows = model.get_parameter("embedding.weight")
        self.weights = [
            parameter
            for name, parameter in network_parameters(model)
            if parameter.ndim > 1 and not name.startswith("embedding.")  # a map starts at 1, not 0
        ]

    def loss(self, step: Step) -> Tensor:
        """Mean loss of the batch: the task's, or that of a model which scores whole sequences."""
        # A model without dropout need not know of masks.
        given = {} if step.mask is None else {"mask": self._tensor(step.mask).to(self.rows.dtype)}
        inputs, labels = [*map(self._tensor, step.inputs)], self._tensor(step.labels)
        scores = self.model(*inputs, **given)
        if scores.shape != (len(labels), self.classes):
            raise UserError(
                f"{type(self.model).__name__} gives scores of shape {list(scores.shape)} for "
                f"{len(labels)} labels of {self.classes} classes",
                f"give [labels, classes], here [{len(labels)}, {self.classes}]",
            )
        crf = getattr(self.model, "crf", None)
        if crf is not None:
            loss: Tensor = crf.loss(scores, inputs[-1], labels)
            return loss
        return self.kind.torch_loss(scores, labels)

    def penalty(self, step: Step) -> Tensor | float:
        """L2 of the weights and of the batch's tuned rows, and the rows' pull to their start."""
        penalty: Tensor | float = 0.0
        if self.l2:
            for weight in self.weights:
                penalty = penalty + self.l2 / 2 * weight.square().sum()
        if self.rows.requires_grad and (self.l2 or self.anchor):
            distinct = self._tensor(np.unique(step.inputs[0]))
            distinct = distinct[self.trainable[distinct]]
            rows = nn.functional.embedding(distinct, self.rows, sparse=True)[:, self.fixed :]
            moved = rows - self.start[distinct, self.fixed :]
            penalty = penalty + self.l2 / 2 * rows.square().sum()
            penalty = penalty + self.anchor / 2 * moved.square().sum()
        return penalty

    def trainable_gradient(self) -> tuple[Tensor, Tensor]:
        """Rows int [R], ascending, and values [R, d] of the word vectors' last gradient.

        Numbers that never move have 0.
        """
        assert self.rows.grad is not None
        gradient = self.rows.grad
        if not gradient.is_sparse:  # of a module that takes the rows without `embedding(...)`
            gradient = gradient.to_sparse(1)
        gradient = gradient.coalesce()
        rows = gradient.indices()[0]
        keep = self.trainable[rows]
        values = gradient.values()[keep]
        values[:, : self.fixed] = 0
        return rows[keep], values

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.rows.device)
