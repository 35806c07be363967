"""Element-wise activations h = f(z) and their slopes f'(z)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Activation(NamedTuple):
    """f and f'. The slope gets z and h = f(z): tanh and sigmoid are cheaper from h."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), written so that neither end overflows."""
    e = np.exp(-np.abs(z))  # at most 1
    return np.where(np.asarray(z) >= 0, 1 / (1 + e), e / (1 + e))


# At a kink (relu: 0; hardtanh: -1 and 1) the slope is 0, as in PyTorch: np.heaviside(0, 0) = 0.
ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda z, h: 1 - h * h),
    "sigmoid": Activation(sigmoid, lambda z, h: h * (1 - h)),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda z, h: np.heaviside(z, 0)),
    "hardtanh": Activation(
        lambda z: np.clip(z, -1, 1), lambda z, h: np.heaviside(1 - np.abs(z), 0)
    ),
}
