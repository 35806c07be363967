"""The max-margin window model by hand against autograd and differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.backprop.activations import ACTIVATIONS
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient, relative_error
from wvexp.backprop.margin import MarginWindowScorer
from wvexp.parity.gradient_cases import random_case
from wvexp.seeds import stream


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    vocabulary=st.integers(2, 30),
    d=st.integers(1, 6),
    window=st.sampled_from([1, 3, 5]),
    hidden=st.integers(1, 9),
    batch=st.integers(1, 20),
    tuned=st.booleans(),
)
def test_gradients_equal_autograd(seed, **shapes):
    case = random_case(stream(seed, "case"), MarginWindowScorer, **shapes)
    hand, autograd = case.hand_gradients(), case.autograd_gradients()
    for name, gradient in hand.items():
        # The floor: where s and s_corrupt pull alike, their gradients cancel to rounding.
        assert relative_error(gradient, autograd[name], floor=1e-2) <= 1e-10, name


def test_gradients_equal_differences():
    case = random_case(stream(5, "case"), MarginWindowScorer, "tanh", hidden=5)
    hand = case.hand_gradients()
    for name, start in case.trained().items():
        differences = numeric_gradient(lambda value, name=name: case.loss_with(name, value), start)
        assert gradient_error(hand[name], differences) < 1e-7, name


def scorer(u: float) -> MarginWindowScorer:
    """Scores a window of one word by u times its one-dimensional vector (relu, W = 1)."""
    E = np.array([[0.0], [1.0], [2.0], [3.0]])
    parameters = {"E": E, "W": np.ones((1, 1)), "b": np.zeros(1), "u": np.array([u])}
    return MarginWindowScorer(parameters, "relu", trainable=np.arange(4) > 0)


def test_the_loss_is_the_shortfall_of_the_margin():
    model = scorer(u=0.5)
    assert model.forward(np.array([[2]]), np.array([[1]])) == 0.5
    assert model.backward()["u"].tolist() == [-1]  # s_corrupt's h minus s's h


def test_a_met_margin_moves_nothing_also_when_met_exactly():
    model = scorer(u=1.0)
    assert model.forward(np.array([[2], [3]]), np.array([[1], [1]])) == 0
    gradients = model.backward()
    assert not any(gradients[name].any() for name in "Wbu")
    assert not gradients["E"].values.any()


def test_windows_and_corrupted_windows_must_pair_up():
    with pytest.raises(ValueError, match=r"windows are \(2, 1\), corrupted ones \(1, 1\)"):
        scorer(1.0).forward(np.array([[2], [3]]), np.array([[1]]))
