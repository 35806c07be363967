"""One linear map of all word vectors: what a model reads in place of rows that stay.

    x_t = M E_{w_t}     [d]      M [d, d], at first the identity

The gradient of x_t is given; E has none, and M's is that of a linear layer, summed over tokens:

    d_M = Σ_t d_x_t E_{w_t}ᵀ = d_xᵀ E_w     [d, d]

PAD's row is 0, so it stays 0 and gives M nothing. The derivation is in docs/backprop-projection.md.
"""

import numpy as np

from wvexp.backprop.activations import Array

# The parameter M, as torch names it.
PROJECTION = "embedding.projection"


def project(vectors: Array, M: Array) -> Array:
    """M v of the vectors [..., d]."""
    mapped: Array = vectors @ M.T
    return mapped


def projection_gradient(vectors: Array, d_x: Array) -> Array:
    """d loss / d M [d, d], from the vectors [T, d] and the gradient [T, d] of what they became."""
    return np.dot(d_x.T, vectors)
