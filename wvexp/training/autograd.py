"""The reference engine: torch modules, autograd and torch.optim, on CPU or GPU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.data.vocabulary import PAD
from wvexp.models.build import last_layer_inputs, network_parameters
from wvexp.models.draw import Parameters
from wvexp.training.engine import check_loss, draw_mask
from wvexp.training.examples import Examples, Inputs
from wvexp.training.prediction import log_probabilities


@dataclass(frozen=True)
class Step:
    """One batch as a model sees it.

    inputs  windows [batch, window], or (rows [tokens], offsets [batch + 1])
    labels  [batch]
    mask    [batch, inputs of the last layer] or None
    """

    inputs: Inputs
    labels: NDArray[np.int32]
    mask: NDArray[np.float32] | None


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
        Penalties l2/2 (‖W‖² + ‖rows‖²) and anchor/2 ‖rows − start‖², where rows are the distinct
        movable rows of the batch, once each.
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
        self.dropout, self.l2, self.anchor = dropout, l2, anchor
        self.embedding = model.get_submodule("embedding")
        self.rows: nn.Parameter = self.embedding.weight  # type: ignore[assignment]
        self.rows.requires_grad_(bool(movable.any()))
        self.start = self.rows.detach().clone()
        self.movable = torch.from_numpy(movable).to(device)
        network = [parameter for _, parameter in network_parameters(model)]
        self.weights = [parameter for parameter in network if parameter.ndim > 1]
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
    ) -> float:
        self.model.train()
        total = torch.zeros((), device=self.device)
        steps = 0
        for inputs, labels in examples.batches(batch_size, order, rows):
            step = Step(inputs, labels, self.draw_mask(len(labels), masks))
            cross_entropy = self.cross_entropy(step)
            self._update(cross_entropy + self.penalty(step), move_rows)
            total += cross_entropy.detach()
            steps += 1
        mean = float(total) / steps
        check_loss(mean, self.classes)
        return mean

    def draw_mask(self, batch: int, rng: np.random.Generator) -> NDArray[np.float32] | None:
        """The batch's dropout mask; None without dropout."""
        if not self.dropout:
            return None
        return draw_mask(batch, last_layer_inputs(self.model), self.dropout, rng)

    def cross_entropy(self, step: Step) -> Tensor:
        """Mean cross-entropy of the batch."""
        mask = None if step.mask is None else self._tensor(step.mask)
        logits = self.model(*map(self._tensor, step.inputs), mask=mask)
        return nn.functional.cross_entropy(logits, self._tensor(step.labels).long())

    def penalty(self, step: Step) -> Tensor | float:
        """L2 of the weights and of the batch's tuned rows, and the rows' pull to their start."""
        penalty: Tensor | float = 0.0
        if self.l2:
            for weight in self.weights:
                penalty = penalty + self.l2 / 2 * weight.square().sum()
        if self.rows.requires_grad and (self.l2 or self.anchor):
            distinct = self._tensor(np.unique(step.inputs[0]))
            distinct = distinct[self.movable[distinct]]
            rows = nn.functional.embedding(distinct, self.rows, padding_idx=PAD, sparse=True)
            moved = rows - self.start[distinct]
            penalty = penalty + self.l2 / 2 * rows.square().sum()
            penalty = penalty + self.anchor / 2 * moved.square().sum()
        return penalty

    def predict(self, examples: Examples) -> NDArray[np.float32]:
        """Log-probabilities [examples, classes]."""
        return log_probabilities(self.model, examples, self.device)

    def parameters(self) -> Parameters:
        state = self.model.state_dict()
        return {name: value.detach().cpu().numpy().copy() for name, value in state.items()}

    def snapshot(self) -> Parameters:
        return self.parameters()

    def restore(self, snapshot: Parameters) -> None:
        self.model.load_state_dict({k: torch.from_numpy(v) for k, v in snapshot.items()})

    def _update(self, loss: Tensor, move_rows: bool) -> None:
        self.network_optimizer.zero_grad(set_to_none=True)
        self.rows.grad = None
        loss.backward()
        self.network_optimizer.step()
        if self.row_optimizer is not None and move_rows:
            self._drop_fixed_rows()
            self.row_optimizer.step()

    def _drop_fixed_rows(self) -> None:
        # A zero gradient would not do: Adam's momentum goes on moving every row that it is given.
        assert self.rows.grad is not None
        gradient = self.rows.grad.coalesce()
        rows = gradient.indices()[0]
        keep = self.movable[rows]
        self.rows.grad = torch.sparse_coo_tensor(
            rows[keep][None],
            gradient.values()[keep],
            gradient.shape,
            is_coalesced=True,
            check_invariants=False,
        )

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def _optimizer(rule: str, parameters: Sequence[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    kinds: dict[str, type[torch.optim.Optimizer]] = {
        "adam": torch.optim.Adam,
        "sparse_adam": torch.optim.SparseAdam,
        "adagrad": torch.optim.Adagrad,
        "sgd": torch.optim.SGD,
    }
    return kinds[rule](parameters, lr=lr)  # type: ignore[call-arg]
