"""A bound on the norm of each row of a weight (Kim 2014, section 2.1, where it is 3)."""

import numpy as np

from wvexp.backprop.activations import Array


def constrain_rows(weight: Array, most: float) -> None:
    """Scale the rows of `weight` [K, L] whose norm is above `most` to that norm, in place.

    The others stay to the bit. It follows an update and is no part of the loss: no gradient passes
    through it.
    """
    norms = np.linalg.norm(weight, axis=1, keepdims=True)
    longer = norms[:, 0] > most
    weight[longer] *= most / norms[longer]
