"""The reference engine: torch modules, autograd and torch.optim, on CPU or GPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.arms import REPROJECTED
from wvexp.errors import RunStopped, UserError
from wvexp.models.draw import Parameters
from wvexp.models.modules.norms import constrain_rows
from wvexp.models.modules.projection import ProjectedEmbedding
from wvexp.models.network import network_parameters, table_parameters
from wvexp.training.clipping import clip_gradients
from wvexp.training.dropout import Mask
from wvexp.training.engine import check_loss, never
from wvexp.training.examples import Examples, Inputs
from wvexp.training.objective import Objective, Step
from wvexp.training.prediction import predicted_labels
from wvexp.training.settings import Settings

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
    """

    def __init__(
        self,
        model: nn.Module,
        trainable: NDArray[np.bool_],
        classes: int,
        settings: Settings,
        device: str,
    ) -> None:
        self.model = model.to(device)
        if settings.moves is not None:
            model.get_submodule("crf").allow(settings.moves)  # type: ignore[operator]
        self.device, self.classes, self.settings = device, classes, settings
        self.rows = model.get_parameter("embedding.weight")
        self.rows.requires_grad_(bool(trainable.any()))
        self.objective = Objective(
            model,
            classes,
            settings.kind,
            torch.from_numpy(trainable).to(device),
            self.rows.detach().clone(),
            settings.l2,
            settings.anchor,
            settings.fixed,
        )
        rule = settings.rule
        network = [parameter for _, parameter in network_parameters(model)]
        tables = [parameter for _, parameter in table_parameters(model)]
        self.optimizers = [rule.network(network, settings.lr)]
        if tables:
            self.optimizers.append(rule.rows(tables, settings.lr))
        self.row_optimizer = None
        if self.rows.requires_grad:
            self.row_optimizer = rule.rows([self.rows], settings.row_lr)
        self.others = [*network, *tables]

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
            step = Step(inputs, labels, self.draw_mask(inputs, labels, masks))
            mean_loss = self.objective.loss(step)
            loss = mean_loss + self.objective.penalty(step)
            self.model.zero_grad(set_to_none=True)
            loss.backward()
            self._check_map()
            if inspect is not None:
                inspect(steps, step, loss)
            self._update(move_rows)
            total += mean_loss.detach()
            steps += 1
        mean = float(total) / steps
        check_loss(mean, self.settings.kind, self.classes)
        return mean

    def _check_map(self) -> None:
        """UserError for a module that reads the word vectors past their map."""
        embedding = self.model.get_submodule("embedding")
        if isinstance(embedding, ProjectedEmbedding) and embedding.projection.grad is None:
            raise UserError(
                f"{type(self.model).__name__} reads embedding.weight itself, and not the map that "
                f"treatment={REPROJECTED.name} learns",
                "call self.embedding(rows) in forward, or take another treatment",
            )

    def draw_mask(
        self, inputs: Inputs, labels: NDArray[np.integer], rng: np.random.Generator
    ) -> Mask | None:
        """The batch's dropout mask; None without dropout."""
        return self.settings.dropout.draw(len(labels), len(inputs[-1]) - 1, rng)

    def predict(self, examples: Examples) -> NDArray[Any]:
        return predicted_labels(self.model, examples, self.device, self.settings.kind)

    def parameters(self) -> Parameters:
        state = self.model.state_dict()
        return {name: value.detach().cpu().numpy().copy() for name, value in state.items()}

    def snapshot(self) -> Parameters:
        return self.parameters()

    def restore(self, snapshot: Parameters) -> None:
        self.model.load_state_dict({k: torch.from_numpy(v) for k, v in snapshot.items()})

    def _update(self, move_rows: bool) -> None:
        moving = self.row_optimizer is not None and move_rows
        if moving:
            # Rows that must stay go out of the gradient: zeros would not do, as Adam's momentum
            # goes on moving every row that it is given.
            rows, values = self.objective.trainable_gradient()
            # Said aloud, because torch warns of its own default.
            with torch.sparse.check_sparse_tensor_invariants(False):
                self.rows.grad = torch.sparse_coo_tensor(
                    rows[None], values, self.rows.shape, is_coalesced=True
                )
        if self.settings.clip is not None:
            clip_gradients([*self.others, *([self.rows] if moving else [])], self.settings.clip)
        for optimizer in self.optimizers:
            optimizer.step()
        if self.row_optimizer is not None and moving:
            with torch.sparse.check_sparse_tensor_invariants(False):
                self.row_optimizer.step()
        for name, most in (self.settings.most or {}).items():
            constrain_rows(self.model.get_parameter(name), most)
