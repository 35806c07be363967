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
    rng: np.random.Generator,
    *,
    window: int,
    hidden: int,
    widths: Sequence[int],
    filters: int,
    tuned: bool,
) -> nn.Module:
    """The model `name` over a copy of the embedding `rows` [rows, d].

    Weights are drawn by Glorot and Bengio (2010, equation 16), biases are zero, all from `rng` in
    the order of the module's parameters: the arms of one seed share them.
    """
    # A parameter of its own rather than from_pretrained: the table must stay as it is.
    embedding = nn.Embedding(
        *rows.shape, padding_idx=0, sparse=True, _weight=torch.from_numpy(rows.copy())
    )
    embedding.weight.requires_grad_(tuned)
    model: nn.Module
    if name == "window":
        model = WindowModel(embedding, window, hidden, classes)
    elif name == "mean":
        model = MeanModel(embedding, hidden, classes)
    else:
        model = CnnModel(embedding, list(widths), filters, classes)
    with torch.no_grad():
        for _, parameter in network_parameters(model):
            if parameter.ndim == 1:
                parameter.zero_()
            else:
                limit = sqrt(6 / sum(parameter.shape))
                draw = rng.uniform(-limit, limit, tuple(parameter.shape))
                parameter.copy_(torch.from_numpy(draw))
    return model


def network_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Every parameter but the word vectors, with its name."""
    return [item for item in model.named_parameters() if item[0] != "embedding.weight"]


def last_layer_inputs(model: nn.Module) -> int:
    """How many values dropout acts upon: the inputs of the output layer."""
    output = model.output if isinstance(model, CnnModel) else model.head.output
    assert isinstance(output, nn.Linear)
    return output.in_features
