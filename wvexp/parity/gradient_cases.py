"""Random parameters and batches for the hand-written models, and the same models in torch.

The torch side repeats the definitions of `wvexp.backprop` in the plainest way (a loop over
sentences, autograd for the rest), so that it can serve as an oracle.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from wvexp.arms import BOTH, REPROJECTED
from wvexp.backprop.activations import ACTIVATIONS, Array
from wvexp.backprop.margin import MarginWindowScorer
from wvexp.backprop.mean import MeanClassifier
from wvexp.backprop.rows import PAD, RowGradient
from wvexp.backprop.window import WindowClassifier

Model = WindowClassifier | MeanClassifier | MarginWindowScorer
IN_TORCH: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": functional.relu,
    "hardtanh": functional.hardtanh,
}


@dataclass(frozen=True)
class ModelCase:
    """One model with parameters and a batch.

    model       the class
    parameters  name -> float64 array, as the class takes them; with M, a map of the word vectors
    batch       (windows, labels), (words, offsets, labels) or (windows, corrupted windows)
    trainable     bool [V]; None where no row is trained
    settings    activation and, for the classifiers, l2, anchor, initial, fixed
    mask        dropout of the last layer's input, or None
    """

    model: type[Model]
    parameters: dict[str, Array]
    batch: tuple[Array, ...]
    trainable: Array | None
    settings: dict[str, Any] = field(default_factory=dict)
    mask: Array | None = None

    @property
    def name(self) -> str:
        """The class, and the treatment where it is no plain one."""
        if "M" in self.parameters:
            return f"{self.model.__name__} treatment={REPROJECTED.name}"
        fixed = f" treatment={BOTH.name}" if self.settings.get("fixed") else ""
        return f"{self.model.__name__}{fixed}"

    @property
    def moving(self) -> Array:
        """bool [V, d], the numbers of E that are trained, where some are."""
        assert self.trainable is not None
        columns = np.arange(self.parameters["E"].shape[1]) >= self.settings.get("fixed", 0)
        return np.logical_and.outer(self.trainable, columns)

    def trained(self) -> dict[str, Array]:
        """Every parameter that a gradient is asked of: E where a row is trainable."""
        tuned = self.trainable is not None and self.trainable.any()
        return {name: value for name, value in self.parameters.items() if name != "E" or tuned}

    def build(self, dtype: Any = np.float64) -> tuple[Model, float]:
        """The hand-written model after `forward`, and the loss."""
        cast = {name: value.astype(dtype) for name, value in self.parameters.items()}
        settings = dict(self.settings)
        if settings.get("initial") is not None:
            settings["initial"] = settings["initial"].astype(dtype)
        model: Any = self.model(cast, trainable=self.trainable, **settings)
        mask = () if self.mask is None else (self.mask.astype(dtype),)
        return model, model.forward(*self.batch, *mask)

    def hand_gradients(self, dtype: Any = np.float64) -> dict[str, Array]:
        """Parameter -> gradient in the shape of `trained()`."""
        model, _ = self.build(dtype)
        gradients: dict[str, Any] = dict(model.backward())
        found = {}
        for name in self.trained():
            gradient = gradients[name]
            if isinstance(gradient, RowGradient):
                gradient = gradient.dense(len(self.parameters["E"]))
            found[name] = gradient
        return found

    def loss_with(self, name: str, value: Array) -> float:
        """The loss with one trained parameter replaced; of E the trainable rows."""
        if name == "E" and self.trainable is not None:
            value = np.where(self.moving, value, self.parameters["E"])
        return replace(self, parameters={**self.parameters, name: value}).build()[1]

    def autograd_gradients(self, dtype: torch.dtype = torch.float64) -> dict[str, Array]:
        """The same from torch: zero in rows that are not trainable."""
        parameters = {
            name: torch.tensor(value, dtype=dtype, requires_grad=True)
            for name, value in self.parameters.items()
        }
        gradients = torch.autograd.grad(
            self.torch_loss(parameters),
            list(parameters.values()),
            materialize_grads=True,  # zero where the batch does not reach a parameter
        )
        arrays = {name: g.numpy() for name, g in zip(parameters, gradients, strict=True)}
        if self.trainable is not None:
            arrays["E"] = np.where(self.moving, arrays["E"], 0)
        return {name: arrays[name] for name in self.trained()}

    def torch_loss(self, parameters: dict[str, torch.Tensor]) -> torch.Tensor:
        """The loss as torch computes it from the same definitions."""
        E = parameters["E"]
        if "M" in parameters:
            E = E @ parameters["M"].T
        activation = IN_TORCH[self.settings["activation"]]
        if self.model is MarginWindowScorer:

            def score(windows: Array) -> torch.Tensor:
                x = E[torch.from_numpy(windows)].flatten(1)
                return activation(x @ parameters["W"].T + parameters["b"]) @ parameters["u"]

            windows, corrupted = self.batch
            return functional.relu(1 - score(windows) + score(corrupted)).mean()
        *texts, labels = self.batch
        if self.model is WindowClassifier:
            h = E[torch.from_numpy(texts[0])].flatten(1)
        else:
            h = torch.stack([_mean(E, sentence) for sentence in _sentences(*texts)])
        if "W" in parameters:
            h = activation(functional.linear(h, parameters["W"], parameters["b"]))
        if self.mask is not None:
            h = h * torch.tensor(self.mask, dtype=E.dtype)
        logits = functional.linear(h, parameters["U"], parameters["c"])
        loss = functional.cross_entropy(logits, torch.from_numpy(labels))
        l2, anchor = self.settings["l2"], self.settings["anchor"]
        for name in {"W", "U"} & set(parameters):
            loss = loss + l2 / 2 * parameters[name].square().sum()
        for row in set(texts[0].ravel().tolist()):
            if self.trainable is not None and self.trainable[row]:
                start = torch.tensor(self.settings["initial"][row], dtype=E.dtype)
                moving = slice(self.settings["fixed"], None)
                loss = loss + l2 / 2 * E[row, moving].square().sum()
                loss = loss + anchor / 2 * (E[row] - start)[moving].square().sum()
        return loss


def _sentences(rows: Array, offsets: Array) -> list[Array]:
    return [rows[start:end] for start, end in pairwise(offsets)]


def _mean(E: torch.Tensor, sentence: Array) -> torch.Tensor:
    real = [int(row) for row in sentence if row != PAD]
    return E[real].mean(dim=0) if real else torch.zeros(E.shape[1], dtype=E.dtype)


def model_cases(rng: np.random.Generator) -> Iterator[ModelCase]:
    """Each model with each activation; without a hidden layer; with a large one; in each arm."""
    for activation in ACTIVATIONS:
        for model in (WindowClassifier, MeanClassifier, MarginWindowScorer):
            yield random_case(rng, model, activation, hidden=int(rng.integers(1, 8)))
    for model in (WindowClassifier, MeanClassifier):
        yield random_case(rng, model, "tanh", hidden=0)
        yield random_case(rng, model, "tanh", hidden=50, d=10, window=5, vocabulary=100)
        yield random_case(rng, model, "tanh", hidden=3, mapped=True)
        yield random_case(rng, model, "tanh", hidden=3, d=4, fixed=2)


def random_case(
    rng: np.random.Generator,
    model: type[Model],
    activation: str,
    hidden: int,
    *,
    vocabulary: int = 12,
    d: int = 3,
    window: int = 3,
    classes: int = 4,
    batch: int = 6,
    dropout: bool = True,
    l2: float = 0.03,
    anchor: float = 0.2,
    tuned: bool = True,
    mapped: bool = False,
    fixed: int = 0,
) -> ModelCase:
    """Random parameters and a random batch, in which words repeat and PAD occurs."""
    E = rng.normal(size=(vocabulary, d))
    E[PAD] = 0
    trainable = rng.random(vocabulary) < 0.8 if tuned and not mapped else None
    if trainable is not None:
        trainable[PAD] = False
    n_in = d if model is MeanClassifier else window * d
    parameters: dict[str, Array] = {"E": E}
    if mapped:
        parameters["M"] = rng.normal(size=(d, d)) / np.sqrt(d)
    if hidden:
        parameters |= {"W": rng.normal(size=(hidden, n_in)), "b": rng.normal(size=hidden)}

    def words(*shape: int) -> Array:
        return rng.integers(vocabulary, size=shape)

    if model is MarginWindowScorer:
        parameters["u"] = rng.normal(size=hidden)
        windows, corrupted = words(batch, window), words(batch, window)
        corrupted[:, np.arange(window) != window // 2] = windows[
            :, np.arange(window) != window // 2
        ]
        return ModelCase(
            model, parameters, (windows, corrupted), trainable, {"activation": activation}
        )
    last = hidden or n_in
    parameters |= {"U": rng.normal(size=(classes, last)), "c": rng.normal(size=classes)}
    labels = rng.integers(classes, size=batch)
    if model is WindowClassifier:
        texts: tuple[Array, ...] = (words(batch, window),)
    else:
        offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 5, size=batch))])
        texts = (words(int(offsets[-1])), offsets)
    settings: dict[str, Any] = {"activation": activation, "l2": l2, "anchor": anchor}
    settings["fixed"] = fixed
    settings["initial"] = E + rng.normal(size=E.shape)
    keep = 0.7
    mask = (rng.random((batch, last)) < keep) / keep if dropout else None
    return ModelCase(model, parameters, (*texts, labels), trainable, settings, mask)
