"""The reference engine: torch modules, autograd and torch.optim, on CPU or GPU."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.errors import RunStopped
from wvexp.models.draw import Parameters
from wvexp.models.network import network_parameters
from wvexp.rules import UpdateRule
from wvexp.training.engine import Predict, check_loss, draw_mask, labels_of, never
from wvexp.training.examples import Examples
from wvexp.training.objective import Objective, Step
from wvexp.training.prediction import log_probabilities

# Off is the default; said aloud, because sparse Adagrad warns of a choice left open.
torch.sparse.check_sparse_tensor_invariants.disable()


class AutogradEngine:
    """Trains one model on one device.

    Parameters
    ----------
    model
        A module of `wvexp.models`.
    trainable
        Mask [rows] of the rows that may move; none in a frozen arm.
    classes
        Number of labels.
    rule, lr, row_lr
        Update rule; learning rates of the network and of the rows.
    dropout, dropped
        Share of the last layer's inputs dropped; how many inputs there are.
    l2, anchor
        Penalties as in `Objective`.
    predict
        From scores to labels, as `TaskKind.predict`.
    """

    def __init__(
        self,
        model: nn.Module,
        trainable: NDArray[np.bool_],
        *,
        classes: int,
        rule: UpdateRule,
        lr: float,
        row_lr: float,
        dropout: float,
        dropped: int,
        l2: float,
        anchor: float,
        device: str,
        predict: Predict,
    ) -> None:
        self.model = model.to(device)
        self.device = device
        self.dropout, self.dropped = dropout, dropped
        self.classes, self.to_labels = classes, predict
        self.rows = model.get_parameter("embedding.weight")
        self.rows.requires_grad_(bool(trainable.any()))
        self.objective = Objective(
            model,
            torch.from_numpy(trainable).to(device),
            self.rows.detach().clone(),
            l2,
            anchor,
        )
        network = [parameter for _, parameter in network_parameters(model)]
        self.network_optimizer = rule.network(network, lr)
        self.row_optimizer = rule.rows([self.rows], row_lr) if self.rows.requires_grad else None

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
        inspect: Callable[[int, Step, Tensor], None] | None = None,
    ) -> float:
        """As `Engine.train_epoch`.

        `inspect` is called with the number of the step, its batch and its loss once the gradients
        are there and before anything moves.
        """
        self.model.train()
        total = torch.zeros((), device=self.device)
        steps = 0
        for inputs, labels in examples.batches(batch_size, order, rows):
            if should_stop():
                raise RunStopped
            step = Step(inputs, labels, self.draw_mask(len(labels), masks))
            cross_entropy = self.objective.cross_entropy(step)
            loss = cross_entropy + self.objective.penalty(step)
            self.network_optimizer.zero_grad(set_to_none=True)
            self.rows.grad = None
            loss.backward()
            if inspect is not None:
                inspect(steps, step, loss)
            self._update(move_rows)
            total += cross_entropy.detach()
            steps += 1
        mean = float(total) / steps
        check_loss(mean, self.classes)
        return mean

    def draw_mask(self, batch: int, rng: np.random.Generator) -> NDArray[np.float32] | None:
        """The batch's dropout mask; None without dropout."""
        if not self.dropout:
            return None
        return draw_mask(batch, self.dropped, self.dropout, rng)

    def predict(self, examples: Examples) -> NDArray[np.int64]:
        return labels_of(log_probabilities(self.model, examples, self.device), self.to_labels)

    def parameters(self) -> Parameters:
        state = self.model.state_dict()
        return {name: value.detach().cpu().numpy().copy() for name, value in state.items()}

    def snapshot(self) -> Parameters:
        return self.parameters()

    def restore(self, snapshot: Parameters) -> None:
        self.model.load_state_dict({k: torch.from_numpy(v) for k, v in snapshot.items()})

    def _update(self, move_rows: bool) -> None:
        self.network_optimizer.step()
        if self.row_optimizer is not None and move_rows:
            # Rows that must stay go out of the gradient: zeros would not do, as Adam's momentum
            # goes on moving every row that it is given.
            rows, values = self.objective.trainable_gradient()
            # Said aloud, because torch warns of its own default.
            with torch.sparse.check_sparse_tensor_invariants(False):
                self.rows.grad = torch.sparse_coo_tensor(
                    rows[None], values, self.rows.shape, is_coalesced=True
                )
                self.row_optimizer.step()
