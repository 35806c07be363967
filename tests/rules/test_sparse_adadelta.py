"""Lazy Adadelta against the formula a number at a time, and against torch's dense rule."""

import numpy as np
import pytest
import torch
from torch import nn

from wvexp.rules import RULES
from wvexp.rules.sparse_adadelta import SparseAdadelta

ROWS, D, STEPS = 6, 3, 8


@pytest.fixture(autouse=True, scope="module")
def _no_invariant_checks():
    torch.sparse.check_sparse_tensor_invariants.disable()


def draw(seed, share):
    """A table, and for each step the rows in its batch and their gradients."""
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(STEPS):
        rows = np.flatnonzero(rng.random(ROWS) < share)
        steps.append((rows, rng.normal(size=(len(rows), D)) * 10.0 ** rng.integers(-4, 2)))
    return rng.normal(size=(ROWS, D)), steps


def lazily(start, steps, **options):
    table = nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = SparseAdadelta([table], **options)
    for rows, gradients in steps:
        table.grad = torch.sparse_coo_tensor(
            torch.from_numpy(rows)[None], torch.from_numpy(gradients), table.shape
        )
        optimizer.step()
    return table.detach().numpy()


@pytest.mark.parametrize("options", [{}, {"lr": 0.3, "rho": 0.95, "eps": 1e-4}])
@pytest.mark.parametrize("seed", range(3))
def test_each_number_follows_the_formula_over_the_steps_of_its_row(seed, options):
    """Zeiler (2012), algorithm 1; the rate multiplies its step."""
    start, steps = draw(seed, 0.5)
    lr, rho, eps = ({"lr": 1.0, "rho": 0.9, "eps": 1e-6} | options).values()
    expected = start.copy()
    for row, j in np.ndindex(expected.shape):
        squared_gradients = squared_steps = 0.0
        for rows, gradients in steps:
            for g in gradients[rows == row, j]:
                squared_gradients = rho * squared_gradients + (1 - rho) * g**2
                step = -np.sqrt(squared_steps + eps) / np.sqrt(squared_gradients + eps) * g
                squared_steps = rho * squared_steps + (1 - rho) * step**2
                expected[row, j] += lr * step
    np.testing.assert_allclose(lazily(start, steps, **options), expected, rtol=1e-12)


def test_with_every_row_in_every_batch_it_is_torchs_rule():
    start, steps = draw(0, 1.1)
    table = nn.Parameter(torch.from_numpy(start.copy()))
    (network,) = RULES["adadelta"].network([table], lr=0.7).param_groups
    dense = torch.optim.Adadelta([table], lr=0.7)
    assert (network["lr"], network["rho"], network["eps"]) == (0.7, 0.9, 1e-6)
    for _, gradients in steps:
        table.grad = torch.from_numpy(gradients)
        dense.step()
    np.testing.assert_allclose(lazily(start, steps, lr=0.7), table.detach().numpy(), rtol=1e-12)


def test_rows_outside_the_batch_stay_and_so_do_their_averages():
    start, steps = draw(1, 0.5)
    last = lazily(start, steps)
    idle = (np.array([0]), np.ones((1, D)))
    # Row 0's further steps in between change nothing for the others.
    with_more = lazily(start, [step for one in steps for step in (one, idle)])
    assert np.array_equal(with_more[1:], last[1:])
    assert not np.array_equal(with_more[0], last[0])


def test_a_row_that_occurs_twice_has_the_sum_of_its_gradients():
    start, _ = draw(2, 0.5)
    twice = [(np.array([3, 3]), np.array([[1.0] * D, [2.0] * D]))]
    once = [(np.array([3]), np.array([[3.0] * D]))]
    assert np.array_equal(lazily(start, twice), lazily(start, once))
