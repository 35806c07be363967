"""Softmax cross-entropy and max-margin, from their definitions."""

import numpy as np
import pytest

from wvexp.backprop.losses import margin_loss, softmax_cross_entropy


def test_loss_is_minus_the_log_of_the_labels_probability():
    logits = np.array([[1.0, 2.0, 0.5], [0.0, 0.0, 3.0]])
    losses, _ = softmax_cross_entropy(logits, np.array([1, 0]))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(losses, -np.log([p[0, 1], p[1, 0]]), rtol=1e-14)


def test_gradient_is_p_minus_1_for_the_label_and_p_for_every_other_class():
    logits = np.random.default_rng(0).normal(size=5)
    label = 2
    p = np.exp(logits) / np.exp(logits).sum()
    _, d_logits = softmax_cross_entropy(logits[None], np.array([label]))
    h = 1e-6
    for c in range(5):
        expected = p[c] - 1 if c == label else p[c]
        assert d_logits[0, c] == pytest.approx(expected, rel=1e-12)
        moved = [
            softmax_cross_entropy((logits + s * h * np.eye(5)[c])[None], np.array([label]))
            for s in (1, -1)
        ]
        slope = (moved[0][0][0] - moved[1][0][0]) / (2 * h)
        assert slope == pytest.approx(expected, abs=1e-8)


def test_large_logits_neither_overflow_nor_lose_the_loss():
    losses, d_logits = softmax_cross_entropy(np.array([[1000.0, -1000.0]]), np.array([1]))
    assert losses.tolist() == [2000.0]
    assert d_logits.tolist() == [[1.0, -1.0]]


def test_one_examples_large_logits_leave_the_loss_of_others_alone():
    losses, d_logits = softmax_cross_entropy(np.array([[1e4, 0.0], [0.0, 0.0]]), np.array([0, 0]))
    assert losses.tolist() == [0.0, pytest.approx(np.log(2))]
    assert d_logits.tolist() == [[0, 0], [-0.5, 0.5]]


def test_one_class_has_loss_and_gradient_zero():
    losses, d_logits = softmax_cross_entropy(np.array([[3.0]]), np.array([0]))
    assert losses.tolist() == [0.0]
    assert d_logits.tolist() == [[0.0]]


def test_margin_is_met_at_1():
    losses, d_corrupt = margin_loss(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.5]))
    assert losses.tolist() == [0.0, 0.0, 1.5]
    assert d_corrupt.tolist() == [0.0, 0.0, 1.0]
