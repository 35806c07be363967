"""The convolutional encoder by hand against torch's convolution, a sentence at a time."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from wvexp.backprop.conv import ConvEncoder
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient, relative_error
from wvexp.models.modules.conv import ConvEncoder as TorchEncoder

SEEDS = range(25)
# Lengths of the sentences, n, widths of the filters, filters of each width.
SHAPES = {
    "usual": ([7, 5, 12, 3, 9], 6, [3, 4, 5], 7),
    "none, one and few tokens": ([0, 1, 2, 6, 0, 1, 3, 4], 4, [2, 3, 5], 3),
    "a sentence without tokens": ([0], 3, [1, 4], 2),
    "single words": ([1, 1, 4, 2, 1, 1, 3], 5, [1], 4),
    "widths in disorder, some twice": ([4, 9, 2, 1], 1, [5, 2, 2, 3], 1),
}


def make(shape, seed, *, dropout=False):
    """Words, offsets, mask, parameters and d loss / d h; each parameter as its torch name."""
    lengths, n, widths, filters = SHAPES[shape]
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    parameters = {}
    for i, width in enumerate(widths):
        parameters[f"convolutions.{i}.weight"] = rng.normal(size=(filters, width * n))
        # Of such a size that some filters are above 0 nowhere.
        parameters[f"convolutions.{i}.bias"] = rng.normal(size=filters) * np.sqrt(width * n)
    size = (len(lengths), filters * len(widths))
    mask = (rng.random(size) < 0.6) / 0.6 if dropout else None
    x = rng.normal(size=(offsets[-1], n))
    return x, offsets, mask, parameters, rng.normal(size=size)


def by_torch(x, offsets, mask, parameters, widths):
    """h by conv1d, relu and max of one sentence after another; float64 tensors."""
    n, h = x.shape[1], []
    for begin, end in pairwise(offsets.tolist()):
        maxima = []
        for i, width in enumerate(widths):
            words = nn.functional.pad(x[begin:end], (0, 0, 0, max(0, width - (end - begin))))
            kernel = parameters[f"convolutions.{i}.weight"].unflatten(1, (width, n)).mT
            bias = parameters[f"convolutions.{i}.bias"]
            scores = nn.functional.conv1d(words.T[None], kernel, bias)
            maxima.append(torch.relu(scores).amax(dim=2)[0])
        h.append(torch.cat(maxima))
    together = torch.stack(h)
    return together if mask is None else together * torch.from_numpy(mask)


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_h_and_gradients_equal_autograd(shape, dropout):
    widths = SHAPES[shape][2]
    for seed in SEEDS:
        x, offsets, mask, parameters, upstream = make(shape, seed, dropout=dropout)
        tensors = {k: torch.from_numpy(v).requires_grad_() for k, v in parameters.items()}
        moving = torch.from_numpy(x).requires_grad_()
        expected = by_torch(moving, offsets, mask, tensors, widths)
        expected.backward(torch.from_numpy(upstream))
        encoder = ConvEncoder(parameters, widths=widths)
        assert relative_error(encoder.forward(x, offsets, mask), expected.detach().numpy()) <= 1e-8
        d_x, gradients = encoder.backward(upstream, to_x=True)
        assert d_x is not None
        assert relative_error(d_x, moving.grad.numpy()) <= 1e-8
        assert gradients.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert relative_error(gradients[name], tensor.grad.numpy()) <= 1e-8, name


@pytest.mark.parametrize("shape", SHAPES)
def test_the_torch_module_is_the_same_encoder(shape):
    _, n, widths, filters = SHAPES[shape]
    x, offsets, mask, parameters, upstream = make(shape, 0, dropout=True)
    module = TorchEncoder(n, widths, filters).double()
    assert parameters.keys() == dict(module.named_parameters()).keys()
    module.load_state_dict({k: torch.from_numpy(v) for k, v in parameters.items()})
    moving = torch.from_numpy(x).requires_grad_()
    h = module(moving, torch.from_numpy(offsets), torch.from_numpy(mask))
    h.backward(torch.from_numpy(upstream))
    encoder = ConvEncoder(parameters, widths=widths)
    assert relative_error(encoder.forward(x, offsets, mask), h.detach().numpy()) <= 1e-12
    d_x, gradients = encoder.backward(upstream, to_x=True)
    assert relative_error(d_x, moving.grad.numpy()) <= 1e-12
    for name, parameter in module.named_parameters():
        assert relative_error(gradients[name], parameter.grad.numpy()) <= 1e-12


def test_gradients_equal_differences():
    x, offsets, mask, parameters, upstream = make("none, one and few tokens", 3, dropout=True)
    given = {"x": x, **parameters}
    encoder = ConvEncoder(parameters, widths=[2, 3, 5])
    encoder.forward(x, offsets, mask)
    d_x, gradients = encoder.backward(upstream, to_x=True)
    for name, gradient in {"x": d_x, **gradients}.items():

        def loss(values, name=name):
            changed = {**given, name: values}
            h = ConvEncoder(changed, widths=[2, 3, 5]).forward(changed["x"], offsets, mask)
            return float((h * upstream).sum())

        differences = numeric_gradient(loss, given[name])
        assert not differences.kinked.any()
        assert gradient_error(gradient, differences) <= 1e-8, name


@pytest.mark.parametrize("shape", SHAPES)
def test_frozen_words_get_no_gradient_and_the_filters_the_same(shape):
    x, offsets, mask, parameters, upstream = make(shape, 1, dropout=True)
    encoder = ConvEncoder(parameters, widths=SHAPES[shape][2])
    encoder.forward(x, offsets, mask)
    _, moving = encoder.backward(upstream, to_x=True)
    d_x, frozen = encoder.backward(upstream, to_x=False)
    assert d_x is None
    for name in parameters:
        assert np.array_equal(frozen[name], moving[name])


def one_filter(weight, bias=0.0):
    """A filter over `weight` words of one number each."""
    return ConvEncoder(
        {"convolutions.0.weight": np.array([weight]), "convolutions.0.bias": np.array([bias])},
        widths=[len(weight)],
    )


def test_the_gradient_passes_through_the_winning_span_alone():
    encoder = one_filter([1.0, 10.0], bias=1.0)
    x = np.array([[1.0], [2.0], [5.0], [1.0], [3.0], [2.0]])
    h = encoder.forward(x, np.array([0, 4, 6]))
    assert h.tolist() == [[53], [24]]  # 2 + 10 * 5 + 1, 3 + 10 * 2 + 1
    d_x, gradients = encoder.backward(np.array([[1.0], [2.0]]), to_x=True)
    assert d_x.ravel().tolist() == [0, 1, 10, 0, 2, 20]
    assert gradients["convolutions.0.weight"].tolist() == [[2 + 2 * 3, 5 + 2 * 2]]
    assert gradients["convolutions.0.bias"].tolist() == [3]


def test_of_equal_spans_the_first_learns_and_of_none_above_zero_none():
    encoder = one_filter([1.0])
    encoder.forward(np.array([[3.0], [3.0], [0.0], [-1.0]]), np.array([0, 2, 3, 4]))
    d_x, gradients = encoder.backward(np.ones((3, 1)), to_x=True)
    assert d_x.ravel().tolist() == [1, 0, 0, 0]
    assert gradients["convolutions.0.bias"].tolist() == [1]


def test_no_span_reaches_into_the_next_sentence():
    encoder = one_filter([1.0, 1.0, 1.0])
    h = encoder.forward(np.array([[1.0], [2.0], [100.0], [100.0], [7.0]]), np.array([0, 2, 5]))
    assert h.tolist() == [[3], [207]]


def test_a_sentence_is_padded_up_to_the_width_and_no_further():
    """A second span would be (-1, 0), which scores above (2, -1)."""
    encoder = one_filter([-1.0, 1.0])
    assert encoder.forward(np.array([[2.0], [-1.0]]), np.array([0, 2])).tolist() == [[0]]
    assert encoder.forward(np.array([[-4.0]]), np.array([0, 1])).tolist() == [[4]]
    assert one_filter([1.0, 1.0], bias=5.0).forward(np.empty((0, 1)), np.array([0, 0])) == 5


def test_backward_is_of_the_last_forward_and_parameters_are_read_anew():
    x, offsets, mask, parameters, upstream = make("usual", 4, dropout=True)
    encoder = ConvEncoder(parameters, widths=[3, 4, 5])
    encoder.forward(x[:11], np.array([0, 4, 11]))
    for values in parameters.values():
        values *= 0.5
    h = encoder.forward(x, offsets, mask)
    fresh = ConvEncoder(parameters, widths=[3, 4, 5])
    assert np.array_equal(fresh.forward(x, offsets, mask), h)
    assert np.array_equal(
        fresh.backward(upstream, to_x=True)[0], encoder.backward(upstream, to_x=True)[0]
    )


def test_it_works_in_the_type_of_its_inputs():
    x, offsets, mask, parameters, upstream = make("usual", 5, dropout=True)
    x, mask, upstream = (a.astype(np.float32) for a in (x, mask, upstream))
    encoder = ConvEncoder(
        {k: v.astype(np.float32) for k, v in parameters.items()}, widths=[3, 4, 5]
    )
    assert encoder.forward(x, offsets, mask).dtype == np.float32
    d_x, gradients = encoder.backward(upstream, to_x=True)
    assert {d_x.dtype, *(g.dtype for g in gradients.values())} == {np.dtype(np.float32)}
