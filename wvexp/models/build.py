"""A model from plain values, its parameters from NumPy draws."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wvexp.models.cnn import CnnModel
from wvexp.models.draw import draw_weights
from wvexp.models.mean import MeanModel
from wvexp.models.window import WindowModel


def build_model(
    name: str,
    rows: NDArray[np.float32],
    classes: int,
    *,
    window: int,
    hidden: int,
    widths: Sequence[int],
    filters: int,
) -> nn.Module:
    """The model `name` over a copy of the embedding `rows` [rows, d], its network yet undrawn."""
    count, d = rows.shape
    # A copy: the table of starting values must stay as it is.
    weight = torch.from_numpy(rows.copy())
    embedding = nn.Embedding(count, d, sparse=True, _weight=weight)
    if name == "window":
        return WindowModel(embedding, window, hidden, classes)
    if name == "mean":
        return MeanModel(embedding, hidden, classes)
    return CnnModel(embedding, list(widths), filters, classes)


def draw_network(model: nn.Module, rng: np.random.Generator) -> None:
    """Give `model` the starting weights that `draw_weights` draws for it."""
    parameters = network_parameters(model)
    drawn = draw_weights({name: tuple(p.shape) for name, p in parameters}, rng)
    with torch.no_grad():
        for name, parameter in parameters:
            parameter.copy_(torch.from_numpy(drawn[name]))


def network_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Every parameter but the word vectors, with its name."""
    return [item for item in model.named_parameters() if item[0] != "embedding.weight"]


def last_layer_inputs(model: nn.Module) -> int:
    """How many values dropout acts upon: the inputs of the output layer."""
    output = model.get_submodule("output" if isinstance(model, CnnModel) else "head.output")
    assert isinstance(output, nn.Linear)
    return output.in_features
