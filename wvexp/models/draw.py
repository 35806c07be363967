"""The network's starting weights, drawn in NumPy so that every engine starts from the same."""

from collections.abc import Mapping
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Parameters = dict[str, NDArray[np.float32]]


def draw_weights(shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator) -> Parameters:
    """Every weight drawn by Glorot and Bengio (2010, equation 16); biases are zero.

    The draws come from `rng` in the order of `shapes`, so that the arms of one seed, and both
    engines, start from the same network.

    Parameters
    ----------
    shapes
        Parameter -> shape, in the order of the torch module: matrices are weights, vectors biases.
    """
    network = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            network[name] = np.zeros(shape, dtype=np.float32)
        else:
            limit = sqrt(6 / sum(shape))
            network[name] = rng.uniform(-limit, limit, shape).astype(np.float32)
    return network


def head_shapes(inputs: int, hidden: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Parameter -> shape of `models.head.Head` within a window or mean model."""
    shapes: dict[str, tuple[int, ...]] = {}
    if hidden:
        shapes |= {"head.hidden.weight": (hidden, inputs), "head.hidden.bias": (hidden,)}
    last = hidden or inputs
    return shapes | {"head.output.weight": (classes, last), "head.output.bias": (classes,)}
