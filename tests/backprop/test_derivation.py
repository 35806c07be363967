"""The steps of docs/backprop.md for s = uᵀ f(Wx + b), each against central differences."""

import numpy as np
import pytest

from wvexp.backprop.gradcheck import gradient_error, numeric_gradient

H, N = 4, 6
rng = np.random.default_rng(0)
W, b, u, x = rng.normal(size=(H, N)), rng.normal(size=H), rng.normal(size=H), rng.normal(size=N)
z = W @ x + b
h = np.tanh(z)
DELTA = u * (1 - h**2)  # ds/dz, the error signal


def score(W=W, b=b, u=u, x=x):
    return float(u @ np.tanh(W @ x + b))


def agrees(derived, f, at):
    assert np.shape(derived) == np.shape(at)  # the shape convention
    return gradient_error(derived, numeric_gradient(f, at)) < 1e-8


def test_chain_rule_from_the_score_to_z():
    assert agrees(h, lambda u: score(u=u), u)
    assert agrees(u, lambda h: float(u @ h), h)
    assert agrees(DELTA, lambda z: float(u @ np.tanh(z)), z)


def test_one_weight_moves_one_hidden_unit():
    for i in range(H):
        for j in range(N):
            slopes = [
                numeric_gradient(
                    lambda w, i=i, j=j, k=k: float((np.where(one(i, j), w, W) @ x + b)[k]),
                    W[i, j],
                ).slope
                for k in range(H)
            ]
            np.testing.assert_allclose(slopes, x[j] * np.eye(H)[i], atol=1e-8)


def one(i, j):
    place = np.zeros((H, N), dtype=bool)
    place[i, j] = True
    return place


def test_gradient_of_the_weights_is_delta_times_x():
    elementwise = np.array([[DELTA[i] * x[j] for j in range(N)] for i in range(H)])
    np.testing.assert_allclose(np.outer(DELTA, x), elementwise)
    assert agrees(elementwise, lambda W: score(W=W), W)


def test_delta_is_shared_by_all_parameters():
    assert agrees(DELTA, lambda b: score(b=b), b)
    assert agrees(W.T @ DELTA, lambda x: score(x=x), x)
    assert agrees(np.outer(DELTA, x), lambda W: score(W=W), W)


@pytest.mark.parametrize("m", [3, 5])
def test_each_word_of_the_window_gets_its_piece_of_the_gradient(m):
    d = 2
    E, W = rng.normal(size=(7, d)), rng.normal(size=(H, m * d))
    window = np.array([3, 1, 3, 2, 1])[:m]
    delta = u * (1 - np.tanh(W @ E[window].ravel() + b) ** 2)
    d_E = np.zeros_like(E)
    for word, piece in zip(window, (W.T @ delta).reshape(m, d), strict=True):
        d_E[word] += piece
    assert agrees(d_E, lambda E: score(W=W, x=E[window].ravel()), E)
