"""Rows held to a norm: by hand, by torch, and by the definition."""

import numpy as np
import pytest
import torch
from torch import nn

from wvexp.backprop import norms as by_hand
from wvexp.models.modules import norms as by_torch


def constrained(weight, most, way):
    changed = weight.copy()
    if way == "by hand":
        by_hand.constrain_rows(changed, most)
        return changed
    parameter = nn.Parameter(torch.from_numpy(changed))
    by_torch.constrain_rows(parameter, most)
    assert parameter.requires_grad
    assert parameter.grad_fn is None
    return parameter.detach().numpy()


@pytest.mark.parametrize("way", ["by hand", "by torch"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(5))
def test_longer_rows_keep_their_direction_and_the_others_their_bits(way, dtype, seed):
    rng = np.random.default_rng(seed)
    weight = (rng.normal(size=(6, 4)) * rng.choice([0.3, 3.0], size=(6, 1))).astype(dtype)
    most = 2.0
    changed = constrained(weight, most, way)
    assert changed.dtype == dtype
    norms = np.linalg.norm(weight.astype(float), axis=1)
    assert (norms > most).any()
    assert (norms < most).any()
    for row, new, norm in zip(weight, changed, norms, strict=True):
        if norm > most:
            np.testing.assert_allclose(new, row * (most / norm), rtol=8 * np.finfo(dtype).eps)
        else:
            assert np.array_equal(new, row)


@pytest.mark.parametrize("way", ["by hand", "by torch"])
def test_a_row_of_zeros_and_one_at_the_bound_stay(way):
    weight = np.array([[0.0, 0.0], [3.0, 4.0], [30.0, 40.0]])
    assert constrained(weight, 5.0, way).tolist() == [[0, 0], [3, 4], [3, 4]]
