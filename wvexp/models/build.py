"""A model from plain values, its parameters from NumPy draws."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wvexp.models.cnn import CnnModel
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
    embedding = nn.Embedding(count, d, padding_idx=0, sparse=True, _weight=weight)
    if name == "window":
        return WindowModel(embedding, window, hidden, classes)
    if name == "mean":
        return MeanModel(embedding, hidden, classes)
    return CnnModel(embedding, list(widths), filters, classes)


def draw_network(model: nn.Module, rng: np.random.Generator) -> None:
    """Draw every weight by Glorot and Bengio (2010, equation 16); biases are zero.

    The draws come from `rng` in the order of the module's parameters, so that the arms of one
    seed, and both engines, start from the same network.
    """
    with torch.no_grad():
        for _, parameter in network_parameters(model):
            if parameter.ndim == 1:
                parameter.zero_()
            else:
                limit = sqrt(6 / sum(parameter.shape))
                draw = rng.uniform(-limit, limit, tuple(parameter.shape))
                parameter.copy_(torch.from_numpy(draw))


def network_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Every parameter but the word vectors, with its name."""
    return [item for item in model.named_parameters() if item[0] != "embedding.weight"]


def last_layer_inputs(model: nn.Module) -> int:
    """How many values dropout acts upon: the inputs of the output layer."""
    output = model.get_submodule("output" if isinstance(model, CnnModel) else "head.output")
    assert isinstance(output, nn.Linear)
    return output.in_features
