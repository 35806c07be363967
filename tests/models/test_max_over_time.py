"""The pooling by hand against torch's own, and against finite differences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.models.modules.max_over_time import convolve_and_pool, pool_by_torch

D, FILTERS = 3, 5
counts_of_sentences = st.lists(st.integers(1, 6), min_size=1, max_size=6)


def make(counts, width, dtype=torch.float64, moving=True):
    generator = torch.Generator().manual_seed(sum(counts) + width)
    counts = torch.tensor(counts)
    places = counts + width - 1
    begins = places.cumsum(0) - places

    def draw(*shape, needs_gradient=True):
        drawn = torch.randn(*shape, generator=generator, dtype=dtype)
        return drawn.requires_grad_(needs_gradient)

    x = draw(int(places.sum()), D, needs_gradient=moving)
    return x, draw(FILTERS, width * D), draw(FILTERS), begins, counts


def by_torch(x, weight, bias, begins, counts):
    spans = x.unfold(0, weight.shape[1] // D, 1).transpose(1, 2).flatten(1)
    return pool_by_torch(spans @ weight.T + bias, begins, counts)


@settings(max_examples=40, deadline=None)
@given(counts_of_sentences, st.integers(1, 4))
def test_scores_and_gradients_are_those_of_torch(counts, width):
    given_values = make(counts, width)
    expected, got = by_torch(*given_values), convolve_and_pool(*given_values)
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)
    downstream = torch.randn(got.shape, dtype=got.dtype)
    for mine, theirs in zip(
        torch.autograd.grad(got, given_values[:3], downstream),
        torch.autograd.grad(expected, given_values[:3], downstream),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


def test_gradients_agree_with_finite_differences():
    x, weight, bias, begins, counts = make([3, 1, 4], 2)
    assert torch.autograd.gradcheck(
        lambda *moving: convolve_and_pool(*moving, begins, counts), (x, weight, bias)
    )


def test_words_that_do_not_move_get_no_gradient_and_the_filters_the_same():
    moving, still = make([4, 2], 3), make([4, 2], 3, moving=False)
    for given_values in (moving, still):
        convolve_and_pool(*given_values).square().sum().backward()
    assert still[0].grad is None
    assert torch.equal(still[1].grad, moving[1].grad)
    assert torch.equal(still[2].grad, moving[2].grad)


def test_a_filter_that_nowhere_scores_above_zero_learns_nothing():
    x, weight, bias, begins, counts = make([3, 2], 2)
    bias.data[1] = -1e6
    pooled = convolve_and_pool(x, weight, bias, begins, counts)
    pooled.sum().backward()
    assert not pooled[:, 1].any()
    assert not weight.grad[1].any()
    assert bias.grad[1] == 0
    assert weight.grad[0].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_keeps_the_type(dtype):
    given_values = make([2, 2], 2, dtype)
    pooled = convolve_and_pool(*given_values)
    pooled.sum().backward()
    assert pooled.dtype == given_values[1].grad.dtype == dtype
