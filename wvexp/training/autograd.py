"""The reference engine: torch modules, autograd and torch.optim, on CPU or GPU."""

from collections.abc import Callable, Sequence
from math import isfinite, log

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.errors import RunError
from wvexp.models.build import last_layer_inputs, network_parameters
from wvexp.training.examples import Examples
from wvexp.training.objective import Objective, Step
from wvexp.training.prediction import log_probabilities

# A mean loss this many times that of guessing uniformly means that the run has diverged.
_DIVERGED = 50


class AutogradEngine:
    """Trains one model on one device.

    Parameters
    ----------
    model
        A module of `wvexp.models`.
    movable
        Mask [rows] of the rows that may move; none in a frozen arm.
    optimizer, lr, row_lr
        `adam`, `adagrad` or `sgd`; learning rates of the network and of the rows. Rows get the
        rule's sparse form, which touches the rows of the batch alone (lazy Adam: Kingma and Ba's
        rule as `torch.optim.SparseAdam` applies it).
    dropout
        Share of the last layer's inputs dropped.
    l2, anchor
        Penalties as in `Objective`.
    """

    def __init__(
        self,
        model: nn.Module,
        movable: NDArray[np.bool_],
        *,
        optimizer: str,
        lr: float,
        row_lr: float,
        dropout: float,
        l2: float,
        anchor: float,
        device: str,
    ) -> None:
        self.model = model.to(device)
        self.device = device
        self.dropout = dropout
        self.rows = model.get_parameter("embedding.weight")
        self.rows.requires_grad_(bool(movable.any()))
        self.objective = Objective(
            model,
            torch.from_numpy(movable).to(device),
            self.rows.detach().clone(),
            l2,
            anchor,
        )
        network = [parameter for _, parameter in network_parameters(model)]
        self.network_optimizer = _optimizer(optimizer, network, lr)
        self.row_optimizer = None
        if self.rows.requires_grad:
            rule = "sparse_adam" if optimizer == "adam" else optimizer
            self.row_optimizer = _optimizer(rule, [self.rows], row_lr)
        self.classes = next(p for p in reversed(network) if p.ndim > 1).shape[0]

    def train_epoch(
        self,
        examples: Examples,
        batch_size: int,
        order: NDArray[np.integer],
        rows: NDArray[np.int32],
        masks: np.random.Generator,
        *,
        move_rows: bool,
        inspect: Callable[[int, Step, Tensor], None] | None = None,
    ) -> float:
        """One pass over `order`; the mean cross-entropy of its batches.

        Parameters
        ----------
        rows
            Embedding row of every token, with some words replaced by UNK.
        masks
            Draws the dropout masks.
        move_rows
            Whether the word vectors move yet.
        inspect
            Called with the number of the step, its batch and its loss once the gradients are
            there and before anything moves.

        Raises
        ------
        RunError
            The loss is not finite, or far above that of guessing.
        """
        self.model.train()
        total = torch.zeros((), device=self.device)
        steps = 0
        for inputs, labels in examples.batches(batch_size, order, rows):
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
        if not isfinite(mean) or mean > _DIVERGED * (1 + log(self.classes)):
            raise RunError(f"training diverged: mean loss {mean:.3g}; lower optim.lr")
        return mean

    def draw_mask(self, batch: int, rng: np.random.Generator) -> NDArray[np.float32] | None:
        """A dropout mask [batch, inputs of the last layer], divided by the share kept."""
        if not self.dropout:
            return None
        keep = np.float32(1 - self.dropout)
        draw = rng.random((batch, last_layer_inputs(self.model)), dtype=np.float32)
        return (draw < keep).astype(np.float32) / keep

    def predict(self, examples: Examples) -> NDArray[np.float32]:
        """Log-probabilities [examples, classes].

        Raises
        ------
        RunError
            They are no numbers: the last update went too far.
        """
        scores = log_probabilities(self.model, examples, self.device)
        if np.isnan(scores).any():
            raise RunError("training diverged: the scores are not numbers; lower optim.lr")
        return scores

    def parameters(self) -> dict[str, NDArray[np.float32]]:
        """A copy of every parameter by name, the word vectors as `embedding.weight`."""
        state = self.model.state_dict()
        return {name: value.detach().cpu().numpy().copy() for name, value in state.items()}

    def restore(self, parameters: dict[str, NDArray[np.float32]]) -> None:
        """Take parameters that `parameters()` gave."""
        self.model.load_state_dict({k: torch.from_numpy(v) for k, v in parameters.items()})

    def _update(self, move_rows: bool) -> None:
        self.network_optimizer.step()
        if self.row_optimizer is not None and move_rows:
            # Rows that must stay go out of the gradient: zeros would not do, as Adam's momentum
            # goes on moving every row that it is given.
            rows, values = self.objective.movable_gradient()
            # Said aloud, because torch warns of its own default.
            with torch.sparse.check_sparse_tensor_invariants(False):
                self.rows.grad = torch.sparse_coo_tensor(
                    rows[None], values, self.rows.shape, is_coalesced=True
                )
                self.row_optimizer.step()


def _optimizer(rule: str, parameters: Sequence[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    kinds: dict[str, type[torch.optim.Optimizer]] = {
        "adam": torch.optim.Adam,
        "sparse_adam": torch.optim.SparseAdam,
        "adagrad": torch.optim.Adagrad,
        "sgd": torch.optim.SGD,
    }
    return kinds[rule](parameters, lr=lr)  # type: ignore[call-arg]
