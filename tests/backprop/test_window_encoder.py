"""The window encoder by hand against autograd, and its windows at the edges of sentences."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from wvexp.backprop.gradcheck import gradient_error, numeric_gradient
from wvexp.backprop.window_encoder import WindowEncoder
from wvexp.models.modules.window_encoder import WindowEncoder as TorchWindowEncoder

# Lengths of the sentences, n, window, hidden.
SHAPES = [
    ([5, 1, 3], 4, 3, 6),
    ([1], 3, 5, 2),
    ([1, 1, 2], 2, 5, 3),
    ([0, 4, 0, 7], 3, 3, 4),
    ([6, 2], 3, 1, 5),
    ([9, 1, 4], 5, 7, 3),
    ([4, 3], 2, 4, 3),
    ([3, 0, 1, 6], 3, 3, 0),
    ([2, 8], 4, 5, 0),
    ([0], 2, 3, 4),
]


def make(seed, lengths, n, window, hidden):
    """Parameters by name, x, offsets, mask and upstream, in float64."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    tokens, last = int(offsets[-1]), hidden or window * n
    parameters = {}
    if hidden:
        parameters = {
            "hidden.weight": rng.normal(size=(hidden, window * n)) / 2,
            "hidden.bias": rng.normal(size=hidden),
        }
    x, upstream = rng.normal(size=(tokens, n)), rng.normal(size=(tokens, last))
    mask = rng.choice([0.0, 2.0], size=(tokens, last)) if seed % 2 else None
    return parameters, x, offsets, mask, upstream


def by_autograd(parameters, x, offsets, mask, upstream, window, hidden):
    module = TorchWindowEncoder(x.shape[1], window, hidden).double()
    module.load_state_dict({name: torch.from_numpy(p) for name, p in parameters.items()})
    x_tensor = torch.from_numpy(x).requires_grad_()
    mask_tensor = None if mask is None else torch.from_numpy(mask)
    h = module(x_tensor, torch.from_numpy(offsets), mask_tensor)
    h.backward(torch.from_numpy(upstream))
    gradients = {name: p.grad.numpy() for name, p in module.named_parameters()}
    return h.detach().numpy(), x_tensor.grad.numpy(), gradients


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_output_and_gradients_equal_autograd(shape):
    _, _, window, hidden = shape
    for seed in range(26):
        parameters, x, offsets, mask, upstream = make(seed, *shape)
        encoder = WindowEncoder(parameters, window=window, hidden=hidden)
        h = encoder.forward(x, offsets, mask)
        d_x, gradients = encoder.backward(upstream, to_x=True)
        expected = by_autograd(parameters, x, offsets, mask, upstream, window, hidden)
        np.testing.assert_allclose(h, expected[0], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(d_x, expected[1], rtol=1e-8, atol=1e-11)
        assert gradients.keys() == expected[2].keys() == parameters.keys()
        for name, gradient in gradients.items():
            np.testing.assert_allclose(gradient, expected[2][name], rtol=1e-8, atol=1e-11)
        without, same = encoder.backward(upstream, to_x=False)
        assert without is None
        assert all(np.array_equal(same[name], gradients[name]) for name in gradients)


@pytest.mark.parametrize("hidden", [3, 0])
def test_gradients_equal_differences(hidden):
    parameters, x, offsets, mask, upstream = make(1, [3, 1, 2], 2, 3, hidden)
    encoder = WindowEncoder(parameters, window=3, hidden=hidden)

    encoder.forward(x, offsets, mask)
    d_x, gradients = encoder.backward(upstream, to_x=True)
    at = {"x": x, **parameters}
    for name, gradient in {"x": d_x, **gradients}.items():

        def loss(value, name=name):
            values = {**at, name: value}
            moved = WindowEncoder(values, window=3, hidden=hidden)
            return float(np.sum(moved.forward(values["x"], offsets, mask) * upstream))

        assert gradient_error(gradient, numeric_gradient(loss, at[name])) < 1e-7, name


def windows_by_loops(x, offsets, window):
    rows = []
    for start, end in pairwise(offsets.tolist()):
        for t in range(start, end):
            places = range(t - window // 2, t - window // 2 + window)
            rows.append([x[p] if start <= p < end else np.zeros(x.shape[1]) for p in places])
    return np.array(rows).reshape(len(x), window * x.shape[1])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_windows_end_with_their_sentence(shape):
    """By hand and in torch: the plain loop puts zeros beyond the edges."""
    lengths, n, window, _ = shape
    _, x, offsets, _, _ = make(0, lengths, n, window, 0)
    expected = windows_by_loops(x, offsets, window)
    by_hand = WindowEncoder({}, window=window, hidden=0).forward(x, offsets)
    module = TorchWindowEncoder(n, window, 0)
    in_torch = module(torch.from_numpy(x), torch.from_numpy(offsets)).numpy()
    np.testing.assert_array_equal(by_hand, expected)
    np.testing.assert_array_equal(in_torch, expected)


@pytest.mark.parametrize("hidden", [4, 0])
def test_a_sentence_neither_reads_nor_moves_its_neighbours(hidden):
    parameters, x, offsets, _, upstream = make(3, [4, 1, 5], 3, 5, hidden)
    encoder = WindowEncoder(parameters, window=5, hidden=hidden)
    h = encoder.forward(x, offsets)
    alone = x.copy()
    alone[: offsets[1]] = alone[offsets[2] :] = np.nan
    middle = slice(offsets[1], offsets[2])
    np.testing.assert_array_equal(encoder.forward(alone, offsets)[middle], h[middle])
    encoder.forward(x, offsets)
    upstream[: offsets[1]] = upstream[offsets[2] :] = 0
    d_x, _ = encoder.backward(upstream, to_x=True)
    assert np.any(d_x[middle])
    d_x[middle] = 0
    assert not np.any(d_x)


def test_parameters_are_read_anew_and_the_dtype_is_kept():
    parameters, x, offsets, mask, upstream = (
        {name: p.astype(np.float32) for name, p in value.items()}
        if isinstance(value, dict)
        else value
        for value in make(1, [5, 2], 3, 3, 4)
    )
    x, mask, upstream = (array.astype(np.float32) for array in (x, mask, upstream))
    encoder = WindowEncoder(parameters, window=3, hidden=4)
    before = encoder.forward(x, offsets, mask)
    d_x, gradients = encoder.backward(upstream, to_x=True)
    assert {a.dtype for a in (before, d_x, *gradients.values())} == {np.dtype(np.float32)}
    parameters["hidden.bias"] += 1
    assert not np.allclose(encoder.forward(x, offsets, mask), before)
