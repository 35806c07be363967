"""The gates' sigmoid and tanh, over the whole range of numbers; odd numbers."""

import numpy as np
import pytest

from wvexp.backprop.activations import sigmoid
from wvexp.backprop.lstm_steps import forward_steps


def gates_of(z):
    """i, f, g, o, c and h of a first step with z [4, m] before the activations."""
    H = z.shape[1]
    gates = z.reshape(1, -1).copy()
    cells, squashed, before = (np.full((1, H), 9, z.dtype) for _ in range(3))
    out = np.full((1, 2 * H), 9, z.dtype)
    starts, counts = np.array([0]), np.array([1])
    W_hh, bias = np.ones((4 * H, H), z.dtype), np.zeros(4 * H, z.dtype)
    forward_steps(gates, W_hh, bias, starts, counts, cells, squashed, before, out, H)
    assert not before.any()
    np.testing.assert_array_equal(out[:, :H], 9)  # the other direction's columns
    return *gates.reshape(4, H), cells[0], out[0, H:]


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-15), (np.float32, 2.5e-7)])
def test_sigmoid_and_tanh_in_their_quarters(dtype, error):
    line = np.concatenate([np.linspace(-45, 45, 2001), [-1e30, 1e30, -1e-6, 1e-6, 0.0]])
    z = np.stack([line, line[::-1], line, -line]).astype(dtype)
    i, f, g, o, c, h = gates_of(z)
    exact = z.astype(np.float64)
    for found, wanted in ((i, sigmoid(exact[0])), (f, sigmoid(exact[1])), (o, sigmoid(exact[3]))):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=error)
        assert found.min() >= 0
        assert found.max() <= 1
    np.testing.assert_allclose(g, np.tanh(exact[2]), rtol=1e3 * error, atol=0)
    np.testing.assert_allclose(c, i * g, rtol=1e-6)
    np.testing.assert_allclose(h, o * np.tanh(c), rtol=1e-6, atol=error)


def test_what_is_no_number_stays_none():
    z = np.zeros((4, 3))
    z[0, 1] = np.nan
    *_, h = gates_of(z)
    np.testing.assert_array_equal(np.isnan(h), [False, True, False])
